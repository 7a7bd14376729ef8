import { setFlagsFromString } from 'node:v8';

/**
 * Threads that are started from now on do two things themselves for which V8 would take helper threads.
 *
 * - They collect their young objects: few of these survive, so that helpers mostly wait for each other, on cores that have other work.
 * - They compile what is hot. When a thread ends, Node 20 waits for the compilations that helpers are at, and lets it do nothing else.
 *   A helper that needs a collection of the thread's garbage meanwhile waits for the thread: then neither ever goes on, and whoever
 *   waits for the thread's end does not either. Compiling in the thread costs no measurable time (docs/performance.md).
 */
export function startWithoutHelpers(): void {
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--no-concurrent-recompilation');
}
