/* Defines what `needy` lacks. */

int farcall_provided(void) { return 11; }
