/* Calls a function that another library defines. */

int farcall_provided(void);

int farcall_need(void) { return farcall_provided() + 1; }
