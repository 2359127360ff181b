/* Calls a function that no library defines. */

int farcall_nowhere(void);

int farcall_unbound(void) { return farcall_nowhere(); }

int farcall_bound(void) { return 5; }
