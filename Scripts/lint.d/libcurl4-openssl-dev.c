// Compares what CVaultCurl declares of libcurl with libcurl's own headers. It is compiled and never run: libcurl's types
// stand in place of ours, so that each function's type must be the same to the letter.

// Without it curl_easy_setopt is a macro that looks at its arguments.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#define CVAULT_CURLcode CURLcode
#define CVAULT_CURLoption CURLoption
#define CVAULT_CURLINFO CURLINFO
#define CVAULT_CURLversion CURLversion
#define CVAULT_CURL CURL
#define CVAULT_CURL_SLIST struct curl_slist
#define CVAULT_CURL_VERSION_INFO curl_version_info_data
#include "CVaultCurl.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

#define SAME_TYPE(a, b) __builtin_types_compatible_p(__typeof__(a), __typeof__(b))

#define FUNCTION(name)                                                                                                 \
    _Static_assert(SAME_TYPE(((struct cvault_curl_functions *)0)->name, &curl_##name), "curl_" #name " has another type")
FUNCTION(global_init_mem);
FUNCTION(version_info);
FUNCTION(slist_append);
FUNCTION(slist_free_all);
FUNCTION(easy_init);
FUNCTION(easy_setopt);
FUNCTION(easy_perform);
FUNCTION(easy_getinfo);
FUNCTION(easy_cleanup);
_Static_assert(sizeof(struct cvault_curl_functions) == 9 * sizeof(void (*)(void)), "a function isn't compared here");

#define MEMBER(ours, theirs, member)                                                                                   \
    _Static_assert(offsetof(ours, member) == offsetof(theirs, member), #ours ": " #member " lies elsewhere");          \
    _Static_assert(sizeof(((ours *)0)->member) == sizeof(((theirs *)0)->member), #ours ": " #member " is of another size")
MEMBER(struct cvault_curl_slist, struct curl_slist, data);
MEMBER(struct cvault_curl_slist, struct curl_slist, next);
MEMBER(struct cvault_curl_blob, struct curl_blob, data);
MEMBER(struct cvault_curl_blob, struct curl_blob, len);
MEMBER(struct cvault_curl_blob, struct curl_blob, flags);
_Static_assert(sizeof(struct cvault_curl_blob) == sizeof(struct curl_blob), "curl_blob has another size");
_Static_assert(sizeof(struct cvault_curl_slist) == sizeof(struct curl_slist), "curl_slist has another size");
MEMBER(struct cvault_curl_version_info, curl_version_info_data, age);
MEMBER(struct cvault_curl_version_info, curl_version_info_data, version);
MEMBER(struct cvault_curl_version_info, curl_version_info_data, version_num);
MEMBER(struct cvault_curl_version_info, curl_version_info_data, host);
MEMBER(struct cvault_curl_version_info, curl_version_info_data, features);
MEMBER(struct cvault_curl_version_info, curl_version_info_data, ssl_version);

// The macros above stand for these in our own build.
_Static_assert(sizeof(CURLcode) == sizeof(unsigned int), "CURLcode is of another size");
_Static_assert(sizeof(CURLoption) == sizeof(unsigned int), "CURLoption is of another size");
_Static_assert(sizeof(CURLINFO) == sizeof(unsigned int), "CURLINFO is of another size");
_Static_assert(sizeof(CURLversion) == sizeof(unsigned int), "CURLversion is of another size");
_Static_assert(sizeof(curl_off_t) == sizeof(int64_t), "curl_off_t is of another size");
_Static_assert(SAME_TYPE(CURL *, void *), "CURL is no longer void");

// Different enumerations on purpose: compared as numbers.
#define SAME_NUMBER(ours, theirs) _Static_assert((long)ours == (long)theirs, #theirs " has another number");
#define OPTION(name, number) SAME_NUMBER(CVAULT_CURLOPT_##name, CURLOPT_##name)
CVAULT_CURL_OPTIONS(OPTION)

#define CODE(name, number) SAME_NUMBER(CVAULT_CURLE_##name, CURLE_##name)
CVAULT_CURL_CODES(CODE)

#define INFO(name, number) SAME_NUMBER(CVAULT_CURLINFO_##name, CURLINFO_##name)
CVAULT_CURL_INFOS(INFO)

#define CONSTANT(name, number) SAME_NUMBER(CVAULT_CURL_##name, CURL_##name)
CVAULT_CURL_CONSTANTS(CONSTANT)
SAME_NUMBER(CVAULT_CURLHEADER_SEPARATE, CURLHEADER_SEPARATE)

// The callbacks' types, which setopt's dots don't check.
_Static_assert(SAME_TYPE(curl_write_callback, size_t (*)(char *, size_t, size_t, void *)), "curl_write_callback");
_Static_assert(
    SAME_TYPE(curl_xferinfo_callback, int (*)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t)),
    "curl_xferinfo_callback"
);
