/**
 * For tests that measure real time, and no others: a busy machine may bunch requests together or hold them back. Never for a
 * property, a contract or a crash test, where one failure in a thousand is exactly the one that counts.
 */
export const TIMED = { retry: 2 } as const;
