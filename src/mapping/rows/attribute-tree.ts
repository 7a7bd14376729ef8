/** Where columns and constants end up in the payload: a tree, because a mapping may nest them (`address.city`). */
import { CioBulkError } from '../../domain/errors.ts';
import type { ColumnPlan, Plan } from '../../domain/plan.ts';

export type AttributeNode =
  | { readonly kind: 'column'; readonly column: ColumnPlan }
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'group'; readonly nodes: Map<string, AttributeNode> };

/** The tree of a plan, in the order of its columns, constants last. Two things in one place are a mapping error, which begins with the column's place in the mapping file. */
export function attributeTree(
  plan: Pick<Plan, 'columns' | 'constants'>,
  placeOf: (column: ColumnPlan) => string = () => '',
): Map<string, AttributeNode> {
  const root = new Map<string, AttributeNode>();
  for (const column of plan.columns) {
    if (column.role === 'attribute')
      put(root, column.path, { kind: 'column', column }, `${placeOf(column)}column "${column.name}"`);
  }
  putConstants(root, plan.constants, []);
  return root;
}

function putConstants(
  root: Map<string, AttributeNode>,
  constants: Readonly<Record<string, unknown>>,
  path: readonly string[],
): void {
  for (const [key, value] of Object.entries(constants)) {
    const below = [...path, key];
    if (
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.getPrototypeOf(value) === Object.prototype &&
      Object.keys(value).length > 0
    ) {
      putConstants(root, value as Record<string, unknown>, below);
    } else {
      put(root, below, { kind: 'constant', value }, `constant "${below.join('.')}"`);
    }
  }
}

function put(root: Map<string, AttributeNode>, path: readonly string[], node: AttributeNode, what: string): void {
  let nodes = root;
  for (const [depth, name] of path.entries()) {
    const found = nodes.get(name);
    if (depth === path.length - 1) {
      if (found !== undefined) throw clash(what, path);
      nodes.set(name, node);
    } else if (found === undefined) {
      const group = new Map<string, AttributeNode>();
      nodes.set(name, { kind: 'group', nodes: group });
      nodes = group;
    } else if (found.kind === 'group') {
      nodes = found.nodes;
    } else {
      throw clash(what, path);
    }
  }
}

function clash(what: string, path: readonly string[]): CioBulkError {
  return new CioBulkError('mapping', `${what} would become "${path.join('.')}", where something else goes already`, {
    hint: 'rename or drop one of the two with --map',
  });
}
