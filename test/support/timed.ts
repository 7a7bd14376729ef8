/**
 * For tests that measure real time, and for no others: a machine that is busy with something else may push requests together or
 * hold them back. Never for a property, a contract or a crash, where the one failure in a thousand is the one that counts.
 */
export const TIMED = { retry: 2 } as const;
