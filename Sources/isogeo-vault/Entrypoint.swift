internal import IsogeoVault
internal import VaultCommands

@main
enum Entrypoint {
    static func main() {
        ProcessHardening.apply()
        VaultCommand.prepare()
        BlockingExecutor.runProgram { await VaultCommand.run() }
    }
}
