/** Where nodes of a lineage stand: dagre for what a person reads, something plainer for thousands. */
import dagre from '@dagrejs/dagre';

/** Size of a node, and its place once laid out: the top left corner. */
export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  x: number;
  y: number;
}

/** Past this dagre takes seconds. */
const dagreMax = 250;

/** Places `boxes` from left to right along `edges`. */
export function layOut(boxes: readonly Box[], edges: readonly (readonly [string, string])[]): void {
  if (boxes.length <= dagreMax && edges.length <= 4 * dagreMax) withDagre(boxes, edges);
  else inColumns(boxes, edges);
}

function withDagre(boxes: readonly Box[], edges: readonly (readonly [string, string])[]): void {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 64, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const [from, to] of edges) graph.setEdge(from, to);
  dagre.layout(graph);
  for (const box of boxes) {
    const placed = graph.node(box.id) as { x: number; y: number };
    box.x = placed.x - box.width / 2;
    box.y = placed.y - box.height / 2;
  }
}

/** Columns by the longest way from a root; within a column, near the middle of its parents. Linear but for sorting. */
function inColumns(boxes: readonly Box[], edges: readonly (readonly [string, string])[]): void {
  const above = new Map<string, string[]>(boxes.map(({ id }) => [id, []]));
  const below = new Map<string, string[]>(boxes.map(({ id }) => [id, []]));
  for (const [from, to] of edges) {
    above.get(to)?.push(from);
    below.get(from)?.push(to);
  }
  const rank = new Map<string, number>();
  const waiting = new Map([...above].map(([id, parents]) => [id, parents.length]));
  const ready = boxes.filter(({ id }) => waiting.get(id) === 0).map(({ id }) => id);
  for (let next = 0; next < ready.length; next += 1) {
    const id = ready[next]!;
    rank.set(id, Math.max(0, ...above.get(id)!.map((parent) => (rank.get(parent) ?? 0) + 1)));
    for (const child of below.get(id)!) {
      const left = waiting.get(child)! - 1;
      waiting.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  const columns: Box[][] = [];
  for (const box of boxes) {
    const column = rank.get(box.id) ?? 0;
    columns[column] ??= [];
    columns[column].push(box);
  }
  const order = new Map<string, number>();
  const middle = (ids: readonly string[], otherwise: number): number =>
    ids.length === 0 ? otherwise : ids.reduce((sum, id) => sum + (order.get(id) ?? 0), 0) / ids.length;
  const number = (column: readonly Box[]): void => {
    for (const [i, { id }] of column.entries()) order.set(id, i / column.length);
  };
  for (const column of columns) number(column);
  for (let pass = 0; pass < 4; pass += 1) {
    const neighbours = pass % 2 === 0 ? above : below;
    for (const column of pass % 2 === 0 ? columns : columns.toReversed()) {
      const wanted = new Map(column.map(({ id }) => [id, middle(neighbours.get(id)!, order.get(id)!)]));
      column.sort((a, b) => wanted.get(a.id)! - wanted.get(b.id)!);
      number(column);
    }
  }
  // A long column is folded, so that a wide project stays in sight.
  const rows = Math.max(12, Math.ceil(Math.sqrt(boxes.length) * 1.6));
  let x = 0;
  for (const column of columns) {
    for (let from = 0; from < column.length; from += rows) {
      const part = column.slice(from, from + rows);
      part.forEach((box, i) => {
        box.x = x;
        box.y = (i - part.length / 2) * (box.height + 14);
      });
      x += Math.max(...part.map(({ width }) => width)) + (from + rows < column.length ? 24 : 64);
    }
  }
}
