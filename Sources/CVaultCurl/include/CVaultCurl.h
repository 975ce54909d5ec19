#ifndef CVAULT_CURL_H
#define CVAULT_CURL_H
#endif
