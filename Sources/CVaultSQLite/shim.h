#ifndef CVAULT_SQLITE_H
#define CVAULT_SQLITE_H

#if !__has_include(<sqlite3.h>)
#error "SQLite's headers are missing: sudo apt-get install libsqlite3-dev"
#endif

#include <sqlite3.h>

// sqlite3_db_config is variadic, which Swift can't call: the one form that we need.
static inline int cvault_sqlite_db_config_switch(sqlite3 *database, int option, int on) {
    return sqlite3_db_config(database, option, on, (int *)0);
}

// For a program with one thread that reads one vault and ends: no locks among threads, no statistics, and pages of the
// cache one by one, which are all made at once else. To be called before SQLite's first use.
static inline void cvault_sqlite_prepare_for_one_reader(void) {
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, (void *)0, 0, 0);
}

// The first bytes of the main database, through SQLite's own descriptor: opening another one, and closing it, would
// drop the locks that SQLite holds in this process (fcntl(2), POSIX locks). Before the first statement nothing else
// uses the connection. A shorter file reads as SQLITE_IOERR_SHORT_READ, with zeros for what isn't there.
static inline int cvault_sqlite_read_start(sqlite3 *database, unsigned char *bytes, int count) {
    sqlite3_file *file = 0;
    int status = sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (status != SQLITE_OK) return status;
    if (!file || !file->pMethods) return SQLITE_CANTOPEN;
    return file->pMethods->xRead(file, bytes, count, 0);
}

// What the system said last of a read of the main database that failed; 0 where nothing.
static inline int cvault_sqlite_last_errno(sqlite3 *database) {
    int number = 0;
    if (database) sqlite3_file_control(database, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}

#endif
