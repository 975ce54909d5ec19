internal import CVaultLibsecret

/// What a person has to answer before the keyring does.
extension SecretService {
    /// Unlocks a collection or an item; without a dialog where that can be, as with a keyring that has no password.
    func unlock(_ object: String) throws(KeyringProblem) {
        let prompt = try asking { () throws(KeyringProblem) in
            try unsafe Self.text(milliseconds: try deadline.milliseconds()) { time, outcome in
                unsafe cvault_keyring_unlock(bus.connection, owner, object, time, outcome)
            }
        }
        if prompt != "/" { try show(prompt) }
    }

    /// How long a dialog may wait where there is no terminal, and so maybe no user: a timer's unit may have a display.
    private static let dialogPatience = Duration.seconds(120)

    /// Shows a dialog and waits for as long as the person needs, or for two minutes where there is no terminal; a
    /// keyring that stops or ends meanwhile is noticed.
    func show(_ prompt: String) throws(KeyringProblem) {
        guard let onDialog else { throw .locked }
        onDialog()
        let shown = try unsafe asking { () throws(KeyringProblem) in
            try unsafe Self.call(Self.pingPatience) { time, outcome in
                unsafe cvault_prompt_show(bus.connection, owner, prompt, time, outcome)
            }
        }
        guard let shown = unsafe shown else { throw .noDialog }
        defer { unsafe cvault_prompt_free(shown) }
        let end = PassphraseCommand.hasTerminal ? nil : ContinuousClock.now + Self.dialogPatience
        while end.map({ ContinuousClock.now < $0 }) ?? true {
            switch unsafe cvault_prompt_wait(shown, 2000) {
            case 1:
                // What a person took isn't the keyring's.
                deadline.restart()
                return
            case -1: throw .dismissed
            default: try ping()
            }
        }
        throw .unanswered
    }

    private static let pingPatience: Int32 = 5000

    private func ping() throws(KeyringProblem) {
        try asking { () throws(KeyringProblem) in
            try unsafe Self.call(Self.pingPatience) { time, outcome in
                unsafe cvault_bus_ping(bus.connection, owner, time, outcome)
            }
        }
    }
}
