#include "CVaultCurl.h"
