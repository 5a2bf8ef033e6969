// Addresses of this test file's own, so that two runs on one machine do not meet.

/** The first two numbers of all of them, in 127.0.0.0/8. */
export const NET = `127.${100 + (process.pid % 150)}`;
