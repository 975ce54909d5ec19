internal import IsogeoVault
internal import VaultCommands

@main
enum Entrypoint {
    static func main() {
        ProcessHardening.apply()
        BlockingExecutor.runProgram { await VaultCommand.run() }
    }
}
