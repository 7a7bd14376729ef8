const POLL_MS = 10;
const TIMEOUT_MS = 45_000;

/** Waits for a condition rather than a fixed time. On failure it reports what it waited for, and what `seen` returns. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  seen?: () => string,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt)
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}${seen ? `; seen: ${seen()}` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
