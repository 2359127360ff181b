/* Defines what `broken` lacks, where a library must be linked to what it needs; it is not kept. */

int farcall_nowhere(void) { return 0; }
