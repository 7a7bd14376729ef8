export interface Throttle {
  /** Takes a token; false when there is none: the request is over the limit. */
  take(): boolean;
}

/** A token bucket that holds one second's worth of requests. `monotonic` gives milliseconds. */
export function createThrottle(requestsPerSecond: number, monotonic: () => number): Throttle {
  let tokens = requestsPerSecond;
  let filledAt = monotonic();
  return {
    take() {
      const at = monotonic();
      tokens = Math.min(requestsPerSecond, tokens + ((at - filledAt) / 1000) * requestsPerSecond);
      filledAt = at;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
