import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Of bodies made or sent. What is in use then is some 15 MB: collecting takes about 10 ms, little beside the time it takes to send them. */
const COLLECT_EVERY_BYTES = 12_000_000;

/**
 * Young objects are collected by the thread that made them, and by no helpers: few of them are alive, so that four helpers for
 * every thread mostly wait for each other, on cores that have other work. Before the threads it is for have started.
 */
export function collectWithoutHelpers(): void {
  setFlagsFromString('--no-parallel-scavenge');
}

/**
 * Collects the garbage of bodies that were made or sent, in the thread that calls it. They lie outside of the JavaScript heap,
 * where V8 hardly counts them: left alone it lets a process with little else to do grow to several times what it uses.
 */
export function createCollector(): (bytesSoFar: number) => void {
  let collectedAt = 0;
  let collect: (() => void) | undefined;
  return (bytesSoFar) => {
    if (bytesSoFar - collectedAt < COLLECT_EVERY_BYTES) return;
    collectedAt = bytesSoFar;
    collect ??= exposedCollector();
    collect();
  };
}

/** V8 hands its collector only to contexts that are made after it was asked to. */
function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('typeof gc === "function" ? gc : undefined');
  setFlagsFromString('--no-expose-gc');
  return typeof gc === 'function' ? () => void gc() : () => undefined;
}
