# What OpenSSL's own makefile is told when it is built into ra-desk.exe on Linux; make reads this file first (MAKEFILES).
#
# Its build for Windows takes these places from the folder it was built in. Below C:\ that is a folder which anybody may
# make, and a configuration there could have a library loaded into another user's RA Desk. Here only an administrator
# can make one, and the program says nothing of where it was built. RA Desk itself has no configuration for OpenSSL.
override OPENSSLDIR = C:/Windows/System32/RADesk/openssl
override ENGINESDIR = C:/Windows/System32/RADesk/openssl
override MODULESDIR = C:/Windows/System32/RADesk/openssl
# The compiler's flags, which it remembers as text, name those folders too.
crypto/buildinf.h: override LIB_CFLAGS =
