/** Remembers how to close what was just opened. */
export type Defer = (close: () => void | Promise<void>) => void;

/** Runs `work`, then closes what it deferred, the last first, whatever happened. The first error is the one that is told. */
export async function closing<T>(work: (defer: Defer) => Promise<T>): Promise<T> {
  const closers: (() => void | Promise<void>)[] = [];
  const errors: unknown[] = [];
  let result: { readonly value: T } | undefined;
  try {
    result = { value: await work((close) => closers.push(close)) };
  } catch (error) {
    errors.push(error);
  }
  for (const close of closers.toReversed()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0 || !result) throw errors[0];
  return result.value;
}
