internal import Glibc
internal import IsogeoVault
internal import VaultCommands

@main
enum Entrypoint {
    static func main() {
        ProcessHardening.apply()
        if let code = VaultCommand.prepare() { exit(code) }
        BlockingExecutor.runProgram { await VaultCommand.run() }
    }
}
