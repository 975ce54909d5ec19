internal import CVaultWipingFree
internal import Glibc
internal import VaultCommands

@main
enum Entrypoint {
    static func main() async {
        ProcessHardening.apply()
        exit(await VaultCommand.run())
    }
}
