#include <libxml/xmlversion.h>
// Debian's libxml2 would bring ICU's headers along, which clash with those of Foundation; nothing here needs them.
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/HTMLparser.h>
