import Gtk from 'gi://Gtk?version=4.0';
import type { Graph } from '../pure/samples.ts';

/** What is used of cairo's context, of which the typings tell nothing. */
interface Context {
  setLineWidth(width: number): void;
  setSourceRGBA(red: number, green: number, blue: number, alpha: number): void;
  /** 1: round (cairo_line_join_t). */
  setLineJoin(join: number): void;
  setDash(dashes: readonly number[], offset: number): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
  fill(): void;
  stroke(): void;
  $dispose(): void;
}

/** A line of the last minute over a filled area, and the limit as a dashed line. */
export class GraphArea {
  readonly widget: Gtk.DrawingArea;
  readonly #shown: { graph: Graph } = { graph: { points: [], limit: undefined } };

  /** @param name for a screen reader */
  constructor(name: string) {
    this.widget = new Gtk.DrawingArea({
      content_width: 120,
      content_height: 36,
      valign: Gtk.Align.CENTER,
      css_classes: ['graph'],
      accessible_role: Gtk.AccessibleRole.IMG,
      tooltip_text: name,
    });
    const shown = this.#shown;
    // gjs keeps this function for as long as the widget lives, and all that it knows: were the widget among that, neither would ever go.
    this.widget.set_draw_func((area, context, width, height) => {
      draw(shown.graph, area, context as never, width, height);
    });
  }

  set graph(graph: Graph) {
    this.#shown.graph = graph;
    this.widget.queue_draw();
  }
}

function draw({ points, limit }: Graph, area: Gtk.DrawingArea, context: Context, width: number, height: number): void {
  const style = area.get_style_context();
  const { red, green, blue } = style.get_color();
  const yOf = (y: number) => Math.max(0.5, height - 0.5 - y * (height - 1));
  const xOf = (x: number) => (area.get_direction() === Gtk.TextDirection.RTL ? (1 - x) * width : x * width);
  const [first] = points;
  const last = points.at(-1);
  context.setLineWidth(1);
  context.setSourceRGBA(red, green, blue, 0.3);
  context.moveTo(0, height - 0.5);
  context.lineTo(width, height - 0.5);
  context.stroke();
  if (first !== undefined && last !== undefined && points.length > 1) {
    const line = () => {
      for (const { x, y } of points) context.lineTo(xOf(x), yOf(y));
    };
    context.moveTo(xOf(first.x), height);
    line();
    context.lineTo(xOf(last.x), height);
    context.closePath();
    context.setSourceRGBA(red, green, blue, 0.2);
    context.fill();
    context.setSourceRGBA(red, green, blue, 1);
    context.setLineWidth(1.5);
    context.setLineJoin(1);
    line();
    context.stroke();
  }
  if (limit !== undefined) {
    const [isThere, color] = style.lookup_color('error_color');
    if (isThere) context.setSourceRGBA(color.red, color.green, color.blue, 1);
    context.setLineWidth(1);
    context.setDash([3, 3], 0);
    context.moveTo(0, yOf(limit));
    context.lineTo(width, yOf(limit));
    context.stroke();
  }
  context.$dispose();
}
