/* A library with a function and a variable. */

int farcall_counter = 7;

int farcall_answer(void) { return 42; }
