internal import VaultSystem

/// What the environment tells of the desktop.
package struct KeyringEnvironment: Sendable {
    /// `DBUS_SESSION_BUS_ADDRESS`.
    var busAddress: String?
    /// `XDG_RUNTIME_DIR`.
    var runtimeFolder: String?
    /// `XDG_DATA_HOME`.
    var dataHome: String?
    /// `HOME`.
    var home: String?
    /// Whether a dialog would be seen: `DISPLAY` or `WAYLAND_DISPLAY`, and not over SSH, since the keyring shows it on
    /// the desktop and not where X11 is forwarded to.
    package var hasDisplay = false

    /// This process's.
    package static var current: KeyringEnvironment {
        KeyringEnvironment(
            busAddress: variable("DBUS_SESSION_BUS_ADDRESS"),
            runtimeFolder: variable("XDG_RUNTIME_DIR"),
            dataHome: variable("XDG_DATA_HOME"),
            home: variable("HOME"),
            hasDisplay: (variable("DISPLAY") ?? variable("WAYLAND_DISPLAY")) != nil && variable("SSH_CONNECTION") == nil
        )
    }

    /// Where the session bus is; nil where there is none.
    ///
    /// Of a socket of this computer alone the kernel says who is at its other end. GDBus would take each address of a
    /// list: a bus over TCP, a program that it starts (`unixexec:`), or a bus that dbus-launch starts where there is a
    /// display (`autolaunch:`), on which no keyring is, and which stays behind.
    ///
    /// - Throws: `busAddress`.
    var bus: BusPlace? {
        get throws(KeyringProblem) {
            if let busAddress {
                if let other = busAddress.split(separator: ";").first(where: { !$0.hasPrefix("unix:") }) {
                    throw .busAddress(String(other.prefix { $0 != ":" }.prefix(40)))
                }
                return .address(busAddress)
            }
            guard let runtimeFolder else { return nil }
            let path = "\(runtimeFolder)/bus"
            guard let status = try? FileStatus(of: path, followsLink: true), status.kind == .socket, status.isOurs
            else { return nil }
            return .socket(path)
        }
    }

    /// Whether there is a session bus, be it a dead one, or one that isn't asked.
    package var hasBus: Bool { do { return try bus != nil } catch { return true } }

    /// A D-Bus address, or the path of a socket.
    enum BusPlace: Hashable {
        case address(String)
        case socket(String)
    }

    /// How the file of a collection of gnome-keyring is kept.
    ///
    /// It is named after the collection. It begins with `[keyring]` where the password is empty and all is
    /// in clear, and with `GnomeKeyring` where it is encrypted. It is looked for where *our* environment says; the
    /// keyring may have had another when it was started.
    func secrecy(of collection: String) -> CollectionSecrecy {
        guard let component = collection.split(separator: "/").last else { return .unseen }
        let name = Self.decoded(component)
        let folders = [dataHome, home.map { "\($0)/.local/share" }].compactMap(\.self).map { "\($0)/keyrings" }
        let beginnings = folders.map { Self.beginning(of: "\($0)/\(name).keyring") }
        if beginnings.contains(where: { $0.starts(with: "[keyring]".utf8) }) { return .inClear }
        if beginnings.contains(where: { $0.starts(with: "GnomeKeyring".utf8) }) { return .encrypted }
        return .unseen
    }

    // In object paths gnome-keyring writes what is neither a letter nor a digit as _ and two hexadecimal digits.
    private static func decoded(_ component: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(component.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "_"), rest.count >= 2,
                let high = HexadecimalDigits.value(of: rest[rest.startIndex]),
                let low = HexadecimalDigits.value(of: rest[rest.startIndex + 1])
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        let name = String(decoding: bytes, as: UTF8.self)
        return name.contains("/") ? "" : name
    }

    private static func beginning(of path: String) -> [UInt8] {
        (try? FileDescriptor.open(path, .probing).readAll(limit: 16)) ?? []
    }

    private static func variable(_ name: String) -> String? {
        Environment.hasValue(name) ? Environment.value(of: name) : nil
    }
}

/// How the file of a collection is kept.
package enum CollectionSecrecy: Equatable, Sendable {
    /// Under a password.
    case encrypted
    /// Readable by every program that can read the file.
    case inClear
    /// The file isn't where it is looked for.
    case unseen
    /// This version doesn't know the program, nor how it keeps what it is given.
    case unknown
}
