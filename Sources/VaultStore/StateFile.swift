internal import VaultSystem

/// A small file of ours outside of a vault, in which something about it is remembered.
///
/// Its reader decides what its content is worth. It is replaced in one step, so that a reader finds the old
/// content or the new.
package struct StateFile: Sendable {
    package let path: String
    private let directory: String
    private let name: String

    /// The file of that name in a directory that needn't be there.
    package init(_ name: String, in directory: String) {
        self.name = name
        self.directory = directory
        path = directory + "/" + name
    }

    /// The content; nil where there is none, or where we may not look.
    ///
    /// A home that isn't ours to look into is no home with something wrong in it: services run like that.
    ///
    /// - Parameter limit: a longer file isn't one of ours.
    /// - Returns: the bytes.
    /// - Throws: `unsafePath` when others could have written it, or it is no file; `io`.
    package func read(limit: Int) throws(StoreError) -> [UInt8]? {
        do throws(SystemError) {
            let file = try FilePolicy.own.open(path) { $0 <= limit }
            do throws(Errno) { return try file.read(limit, at: 0) } catch { throw .failed(path: path, .reading, error) }
        } catch {
            if let errno = error.errno, [.noEntry, .notADirectory, .accessDenied].contains(errno) { return nil }
            throw StoreError(error)
        }
    }

    /// Puts `bytes` in the place of what is there, durably; the directories that are missing are made, 0700.
    ///
    /// - Throws: `unsafePath` for a directory in which others may write, `io`.
    package func replace(with bytes: [UInt8]) throws(StoreError) {
        // Prepared under another name: what has the file's own name now is replaced, however it looks.
        let place = try VaultFile.prepare(directory + "/" + name + ".new").openDirectory()
        do throws(SystemError) {
            let draft = try DraftFile.making(name, in: place)
            do throws(Errno) { try draft.file.write(bytes.span) } catch { throw .failed(path: path, .writing, error) }
            try draft.publishReplacing()
        } catch {
            throw StoreError(error)
        }
    }

    /// What would keep files from being put into a directory, which needn't be there; nil where nothing does.
    ///
    /// Nothing is made for it.
    package static func fault(in directory: String) -> StoreError? {
        var (existing, isItself) = (directory, true)
        do throws(StoreError) {
            var resolved = try VaultFile.resolve(existing)
            while resolved == nil {
                (existing, isItself) = (try VaultFile.split(existing).directory, false)
                resolved = try VaultFile.resolve(existing)
            }
            try StoreError.mapping { () throws(SystemError) in
                let place = try Directory.walk(to: resolved ?? "/", isItself ? .own : .ancestor)
                guard place.canWrite() else { throw .failed(path: place.path, .makingFileInDirectory, .current) }
            }
            return nil
        } catch {
            return error
        }
    }

    /// Takes it away, durably; nothing where there is none.
    package func remove() throws(StoreError) {
        do throws(SystemError) {
            let place = try FilePlace(path)
            do throws(Errno) { try place.directory.remove(place.name) } catch {
                throw .failed(path: path, .removing, error)
            }
            try place.directory.sync()
        } catch {
            if let errno = error.errno, [.noEntry, .notADirectory].contains(errno) { return }
            throw StoreError(error)
        }
    }
}
