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

#endif
