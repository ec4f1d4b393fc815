/** The lineage as a picture that moves: drag, wheel, pinch, keys; only what is in sight is drawn. */
import { h, s } from './dom.ts';
import { type Box, layOut } from './layout.ts';
import { nodeHref, type Project, type SiteNode, typeName } from './project.ts';

/** How a graph is shown. */
export interface GraphOptions {
  /** Stands out, and is in the middle at first. */
  readonly focus?: string | undefined;
  /** Told which node is pointed at or picked; undefined when none is. */
  readonly onPick?: (id: string | undefined) => void;
}

interface Placed extends Box {
  readonly node: SiteNode;
}

interface Edge {
  readonly from: Placed;
  readonly to: Placed;
}

interface Drawn {
  readonly element: SVGElement;
  /** Its class as things are picked now. */
  look(): string;
}

interface View {
  x: number;
  y: number;
  scale: number;
}

const height = 34;

/** What stands at the bottom doesn't hide a node. */
const toolsRoom = 26;

/** Past this, only lines of nodes in sight are drawn. */
const linesMax = 600;

/** A picture of `ids` and what goes between them. */
export function graphView(
  project: Project,
  ids: ReadonlySet<string>,
  options: GraphOptions = {},
): HTMLElement {
  const boxes: Placed[] = [...ids].flatMap((id) => {
    const node = project.nodes.get(id);
    if (node === undefined) return [];
    return [
      { id, node, width: Math.min(300, Math.max(90, node.label.length * 7.7 + 44)), height, x: 0, y: 0 },
    ];
  });
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const edges: Edge[] = boxes.flatMap((to) =>
    visibleParents(project, to.id, ids).flatMap((id) => {
      const from = byId.get(id);
      return from === undefined ? [] : [{ from, to }];
    }),
  );
  layOut(
    boxes,
    edges.map(({ from, to }) => [from.id, to.id]),
  );
  return new Picture(boxes, edges, options).element;
}

/** Parents in the picture; through what is left out of it (hidden nodes), their own parents. */
function visibleParents(project: Project, id: string, shown: ReadonlySet<string>): readonly string[] {
  const out = new Set<string>();
  const seen = new Set<string>();
  const stack = [...(project.nodes.get(id)?.parents ?? [])];
  while (stack.length > 0) {
    const parent = stack.pop()!;
    if (seen.has(parent)) continue;
    seen.add(parent);
    if (shown.has(parent)) out.add(parent);
    else if (project.nodes.get(parent)?.isShown === false) stack.push(...project.nodes.get(parent)!.parents);
  }
  return [...out];
}

class Picture {
  readonly element: HTMLElement;
  readonly #boxes: readonly Placed[];
  readonly #edges: readonly Edge[];
  readonly #options: GraphOptions;
  readonly #svg: SVGSVGElement;
  readonly #world: SVGGElement;
  readonly #lines: SVGGElement;
  readonly #nodes: SVGGElement;
  readonly #drawn = new Map<string, Drawn>();
  readonly #view: View = { x: 0, y: 0, scale: 1 };
  #picked: string | undefined;
  #kin: ReadonlySet<string> | undefined;
  #waiting = false;
  #isFitted = false;

  constructor(boxes: readonly Placed[], edges: readonly Edge[], options: GraphOptions) {
    this.#boxes = boxes;
    this.#edges = edges;
    this.#options = options;
    this.#lines = s('g', { class: 'edges', fill: 'none' });
    this.#nodes = s('g');
    this.#world = s('g', {}, this.#lines, this.#nodes);
    const arrow = s(
      'marker',
      { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
      s('path', { d: 'M0 0.8 L7 4 L0 7.2 z', class: 'arrow' }),
    );
    this.#svg = s(
      'svg',
      { class: 'canvas', role: 'group', 'aria-label': 'Lineage graph' },
      s('defs', {}, arrow),
      this.#world,
    );
    const button = (label: string, sign: string, act: () => void): HTMLElement =>
      h('button', { type: 'button', title: label, 'aria-label': label, onclick: act }, sign);
    this.element = h(
      'div',
      { class: 'graph', tabindex: 0, onkeydown: (event: KeyboardEvent) => this.#onKey(event) },
      this.#svg,
      h(
        'div',
        { class: 'graph-tools' },
        button('Zoom in', '+', () => this.#zoom(1.3)),
        button('Zoom out', '−', () => this.#zoom(1 / 1.3)),
        button('Fit all', '⤢', () => this.#fit()),
      ),
    );
    const top = Math.min(...boxes.map(({ y }) => y));
    const bottom = Math.max(...boxes.map(({ y }) => y + height));
    if (boxes.length > 0)
      this.element.style.setProperty('--wanted', `${Math.round((bottom - top) * 1.15) + 100}px`);
    if (boxes.length === 0) this.element.append(h('p', { class: 'empty' }, 'Nothing is selected.'));
    this.#listen();
    new ResizeObserver(() => this.#resized()).observe(this.element);
  }

  #resized(): void {
    if (this.element.clientWidth === 0) return;
    if (this.#isFitted) {
      this.#draw();
      return;
    }
    this.#isFitted = true;
    this.#fit();
    // A picture too small to be read begins at what it is about.
    const focus = this.#boxes.find(({ id }) => id === this.#options.focus);
    if (this.#view.scale < 0.45) this.#center(focus ?? this.#boxes[0], 0.8);
  }

  #center(box: Placed | undefined, scale: number): void {
    if (box === undefined) return;
    this.#view.scale = scale;
    this.#view.x = this.element.clientWidth / 2 - (box.x + box.width / 2) * scale;
    this.#view.y = this.element.clientHeight / 2 - (box.y + box.height / 2) * scale;
    this.#draw();
  }

  #fit(): void {
    if (this.#boxes.length === 0) return;
    let [left, top, right, bottom] = [
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      -Infinity,
      -Infinity,
    ];
    for (const box of this.#boxes) {
      left = Math.min(left, box.x);
      top = Math.min(top, box.y);
      right = Math.max(right, box.x + box.width);
      bottom = Math.max(bottom, box.y + box.height);
    }
    const { clientWidth, clientHeight } = this.element;
    const room = 28;
    const scale = Math.min(
      (clientWidth - 2 * room) / (right - left),
      (clientHeight - 2 * room - toolsRoom) / (bottom - top),
      1.15,
    );
    this.#view.scale = Math.max(0.02, scale);
    this.#view.x = (clientWidth - (left + right) * this.#view.scale) / 2;
    this.#view.y = (clientHeight - toolsRoom - (top + bottom) * this.#view.scale) / 2;
    this.#draw();
  }

  #zoom(by: number, atX = this.element.clientWidth / 2, atY = this.element.clientHeight / 2): void {
    const scale = Math.min(3, Math.max(0.02, this.#view.scale * by));
    const real = scale / this.#view.scale;
    this.#view.x = atX - (atX - this.#view.x) * real;
    this.#view.y = atY - (atY - this.#view.y) * real;
    this.#view.scale = scale;
    this.#draw();
  }

  #listen(): void {
    const svg = this.#svg;
    svg.addEventListener(
      'wheel',
      (event) => {
        // The page scrolls over a picture that isn't being used.
        if (
          !event.ctrlKey &&
          !this.element.contains(document.activeElement) &&
          !this.element.classList.contains('whole')
        )
          return;
        event.preventDefault();
        const box = svg.getBoundingClientRect();
        this.#zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
      },
      { passive: false },
    );
    const pointers = new Map<string, { x: number; y: number }>();
    let moved = 0;
    svg.addEventListener('pointerdown', (event) => {
      pointers.set(String(event.pointerId), { x: event.clientX, y: event.clientY });
      moved = 0;
    });
    svg.addEventListener('pointermove', (event) => {
      const last = pointers.get(String(event.pointerId));
      if (last === undefined) return;
      const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
      moved += Math.abs(dx) + Math.abs(dy);
      if (moved > 4 && !svg.hasPointerCapture(event.pointerId)) svg.setPointerCapture(event.pointerId);
      if (pointers.size === 2) this.#pinch(pointers, event, dx, dy);
      else {
        this.#view.x += dx;
        this.#view.y += dy;
      }
      last.x = event.clientX;
      last.y = event.clientY;
      this.#draw();
    });
    const up = (event: PointerEvent): void => {
      pointers.delete(String(event.pointerId));
    };
    svg.addEventListener('pointerup', up);
    svg.addEventListener('pointercancel', up);
    svg.addEventListener(
      'click',
      (event) => {
        const isDrag = moved > 4 && event.detail > 0;
        moved = 0;
        if (isDrag) {
          event.preventDefault();
          event.stopPropagation();
        } else if (event.target === svg) this.#pick(undefined);
      },
      true,
    );
  }

  #pinch(
    pointers: ReadonlyMap<string, { x: number; y: number }>,
    event: PointerEvent,
    dx: number,
    dy: number,
  ): void {
    const other = [...pointers].find(([id]) => id !== String(event.pointerId))?.[1];
    if (other === undefined) return;
    const before = Math.hypot(event.clientX - dx - other.x, event.clientY - dy - other.y);
    const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    const box = this.#svg.getBoundingClientRect();
    if (before > 0)
      this.#zoom(
        after / before,
        (event.clientX + other.x) / 2 - box.left,
        (event.clientY + other.y) / 2 - box.top,
      );
  }

  #onKey(event: KeyboardEvent): void {
    const step = 60;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => {
        this.#view.x += step;
      },
      ArrowRight: () => {
        this.#view.x -= step;
      },
      ArrowUp: () => {
        this.#view.y += step;
      },
      ArrowDown: () => {
        this.#view.y -= step;
      },
      '+': () => this.#zoom(1.3),
      '=': () => this.#zoom(1.3),
      '-': () => this.#zoom(1 / 1.3),
      '0': () => this.#fit(),
      Escape: () => this.#pick(undefined),
    };
    const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
    this.#draw();
  }

  /** Marks a node and all that it comes from and goes to. */
  #pick(id: string | undefined): void {
    this.#picked = id;
    this.#kin = id === undefined ? undefined : this.#kinOf(id);
    this.#options.onPick?.(id);
    // What is drawn stays, so that a key goes on where it was.
    for (const { element, look } of this.#drawn.values()) element.setAttribute('class', look());
  }

  #kinOf(id: string): ReadonlySet<string> {
    const kin = new Set([id]);
    for (const [near, far] of [
      ['to', 'from'],
      ['from', 'to'],
    ] as const) {
      const next = new Map<string, string[]>();
      for (const edge of this.#edges) {
        const list = next.get(edge[near].id);
        if (list === undefined) next.set(edge[near].id, [edge[far].id]);
        else list.push(edge[far].id);
      }
      const seen = new Set([id]);
      for (const at of seen) for (const other of next.get(at) ?? []) seen.add(other);
      for (const one of seen) kin.add(one);
    }
    return kin;
  }

  #draw(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#drawNow();
    });
  }

  #drawNow(): void {
    const { x, y, scale } = this.#view;
    this.#world.setAttribute('transform', `translate(${x} ${y}) scale(${scale})`);
    this.element.classList.toggle('far', scale < 0.32);
    const margin = 80 / scale;
    const [left, top] = [-x / scale - margin, -y / scale - margin];
    const [right, bottom] = [
      left + this.element.clientWidth / scale + 2 * margin,
      top + this.element.clientHeight / scale + 2 * margin,
    ];
    const inSight = (box: Placed): boolean =>
      box.x < right && box.x + box.width > left && box.y < bottom && box.y + box.height > top;
    const wanted = new Set<string>();
    for (const box of this.#boxes) {
      if (!inSight(box)) continue;
      wanted.add(box.id);
      if (!this.#drawn.has(box.id)) this.#add(box.id, this.#nodes, this.#nodeOf(box));
    }
    for (const [i, { from, to }] of this.#edges.entries()) {
      const [a, b] = [from.x + from.width, to.x];
      if (Math.max(a, b) < left || Math.min(a, b) > right) continue;
      if (Math.max(from.y, to.y) + height < top || Math.min(from.y, to.y) > bottom) continue;
      // Lines that only pass by say nothing where there are thousands.
      if (this.#edges.length > linesMax && !wanted.has(from.id) && !wanted.has(to.id)) continue;
      wanted.add(`${i}`);
      if (!this.#drawn.has(`${i}`)) this.#add(`${i}`, this.#lines, this.#lineOf(from, to));
    }
    for (const [key, { element }] of this.#drawn) {
      if (wanted.has(key)) continue;
      element.remove();
      this.#drawn.delete(key);
    }
  }

  #add(key: string, into: SVGGElement, drawn: Drawn): void {
    into.append(drawn.element);
    this.#drawn.set(key, drawn);
  }

  #lineOf(from: Placed, to: Placed): Drawn {
    const [x1, y1] = [from.x + from.width, from.y + height / 2];
    const [x2, y2] = [to.x - 2, to.y + height / 2];
    const bend = Math.max(24, Math.abs(x2 - x1) / 2);
    const look = (): string => {
      if (this.#kin === undefined) return 'edge';
      return this.#kin.has(from.id) && this.#kin.has(to.id) ? 'edge strong' : 'edge faded';
    };
    const element = s('path', {
      class: look(),
      d: `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
      'marker-end': 'url(#arrow)',
    });
    return { element, look };
  }

  #nodeOf(box: Placed): Drawn {
    const { node } = box;
    const max = Math.floor((box.width - 42) / 7.5);
    const label = node.label.length > max ? `${node.label.slice(0, max - 1)}…` : node.label;
    const color = node.color !== undefined && CSS.supports('color', node.color) ? node.color : undefined;
    const look = (): string =>
      [
        `node k-${node.type}`,
        box.id === this.#options.focus ? 'focus' : '',
        box.id === this.#picked ? 'picked' : '',
        this.#kin !== undefined && !this.#kin.has(box.id) ? 'faded' : '',
      ].join(' ');
    const element = s(
      'a',
      {
        href: nodeHref(box.id),
        class: look(),
        transform: `translate(${box.x} ${box.y})`,
        'aria-label': `${typeName(node.type)} ${node.label}`,
        'data-id': box.id,
        onclick: (event: MouseEvent) => {
          // The first click shows where it belongs, the second one opens it. Keys open it at once.
          if (event.detail === 0 || this.#picked === box.id || this.#options.onPick === undefined) return;
          event.preventDefault();
          this.#pick(box.id);
        },
      },
      s('title', {}, `${node.label} (${typeName(node.type).toLowerCase()})`),
      s('rect', { class: 'body', width: box.width, height: box.height, rx: 7 }),
      s('rect', {
        class: 'mark',
        x: 10,
        y: 11,
        width: 12,
        height: 12,
        rx: 3.5,
        ...(color === undefined ? {} : { style: `fill:${color}` }),
      }),
      s('text', { x: 30, y: 21.5 }, label),
    );
    return { element, look };
  }
}
