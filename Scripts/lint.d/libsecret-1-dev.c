// Compares what CVaultLibsecret declares of libsecret and GLib with their own headers. It is compiled and never run:
// their types stand in place of ours, so that each function's type must be the same to the letter.

// An attribute is a part of a function's type; that of two functions without side effects is none of our declarations'.
#include <glib.h>
#undef G_GNUC_CONST
#define G_GNUC_CONST
#include <gio/gio.h>
// libsecret keeps its calls by path apart as subject to change; what changed here would be seen here.
#define SECRET_API_SUBJECT_TO_CHANGE
#include <libsecret/secret.h>

#define CVAULT_LINT
#define CVAULT_GVariant GVariant
#define CVAULT_GVariantType GVariantType
#define CVAULT_GDBusConnection GDBusConnection
#define CVAULT_GBusType GBusType
#define CVAULT_GDBusCallFlags GDBusCallFlags
#define CVAULT_GDBusSignalFlags GDBusSignalFlags
#define CVAULT_GDBusSignalCallback GDBusSignalCallback
#define CVAULT_GCancellable GCancellable
#define CVAULT_GDestroyNotify GDestroyNotify
#define CVAULT_GError GError
#define CVAULT_GHashTable GHashTable
#define CVAULT_GHashFunc GHashFunc
#define CVAULT_GEqualFunc GEqualFunc
#define CVAULT_GMainContext GMainContext
#define CVAULT_GTypeInstance GTypeInstance
#define CVAULT_GDBusProxy GDBusProxy
#define CVAULT_GIOStream GIOStream
#define CVAULT_GSocketConnection GSocketConnection
#define CVAULT_GSocket GSocket
#define CVAULT_GCredentials GCredentials
#define CVAULT_SecretService SecretService
#define CVAULT_SecretServiceFlags SecretServiceFlags
#define CVAULT_SecretValue SecretValue
#define CVAULT_SecretSchema SecretSchema
#include "CVaultLibsecret.h"

// Macros that look at their arguments hide two of the functions.
#undef g_object_ref
#undef g_strfreev

#define FUNCTION(name, result, arguments)                                                                              \
    _Static_assert(__builtin_types_compatible_p(__typeof__(((struct cvault_libsecret_functions *)0)->name),            \
                                                __typeof__(&name)),                                                    \
                   #name " has another type");
CVAULT_LIBSECRET_FUNCTIONS(FUNCTION)

#define MEMBER(ours, theirs, member)                                                                                   \
    _Static_assert(offsetof(ours, member) == offsetof(theirs, member), #ours ": " #member " lies elsewhere");          \
    _Static_assert(sizeof(((ours *)0)->member) == sizeof(((theirs *)0)->member), #ours ": " #member " is of another size")
MEMBER(struct cvault_error, GError, domain);
MEMBER(struct cvault_error, GError, code);
MEMBER(struct cvault_error, GError, message);
_Static_assert(sizeof(struct cvault_error) == sizeof(GError), "GError has another size");
MEMBER(struct cvault_schema, SecretSchema, name);
MEMBER(struct cvault_schema, SecretSchema, flags);
MEMBER(struct cvault_schema, SecretSchema, attributes);
MEMBER(struct cvault_schema, SecretSchema, attributes[0].name);
MEMBER(struct cvault_schema, SecretSchema, attributes[0].type);
_Static_assert(sizeof(struct cvault_schema) == sizeof(SecretSchema), "SecretSchema has another size");

// The callback's own parameters, where our own build has plain pointers.
_Static_assert(__builtin_types_compatible_p(GDBusSignalCallback,
                                            void (*)(GDBusConnection *, const gchar *, const gchar *, const gchar *,
                                                     const gchar *, GVariant *, gpointer)),
               "GDBusSignalCallback has another type");

#define NUMBER(name, number) _Static_assert(number == (long)name, #name " has another number");
CVAULT_LIBSECRET_NUMBERS(NUMBER)
