/**
 * For tests that hold a measured time against a limit, and for no others: a machine that is busy with something else may delay one
 * of them, but not three times in a row. Whatever fails at random for another reason has to be seen.
 */
export const MEASURES_TIME = { retry: 3 } as const;
