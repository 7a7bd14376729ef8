import type { Route } from './call.ts';

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export type RouteResult = Match | 'not found' | 'method not allowed' | 'bad encoding';

export type Router = (method: string, path: string) => RouteResult;

/** Matches raw paths: splits first and decodes each part, since an identifier may contain an encoded slash. */
export function createRouter(routes: readonly Route[]): Router {
  const patterns = routes.map((route) => ({ route, parts: route.path.split('/') }));

  return (method, path) => {
    const parts = path.split('/');
    let isKnown = false;
    for (const pattern of patterns) {
      if (!fits(pattern.parts, parts)) continue;
      isKnown = true;
      if (pattern.route.method !== method) continue;
      const params = decode(pattern.parts, parts);
      return params === undefined ? 'bad encoding' : { route: pattern.route, params };
    }
    return isKnown ? 'method not allowed' : 'not found';
  };
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length && pattern.every((part, index) => part.startsWith(':') || part === parts[index])
  );
}

function decode(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  try {
    for (const [index, part] of pattern.entries()) {
      if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(parts[index] ?? '');
    }
    return params;
  } catch {
    return undefined;
  }
}
