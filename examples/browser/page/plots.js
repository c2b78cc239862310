// Lines over the last half minute, one canvas a plot.

const SECONDS = 30;
const COLORS = ['#2f7de1', '#e0852c', '#2aa876', '#b457c9'];

export class Plot {
  /// lines: the names of what is drawn; unit: what the scale counts.
  constructor(parent, title, unit, lines) {
    this.unit = unit;
    this.lines = lines;
    this.points = [];
    const element = document.createElement('div');
    element.className = 'plot';
    const heading = document.createElement('h2');
    heading.append(title);
    this.values = lines.map((line, index) => {
      const span = document.createElement('span');
      const dot = document.createElement('i');
      dot.style.background = COLORS[index];
      const value = document.createElement('output');
      span.append(dot, `${line} `, value);
      heading.append(span);
      return value;
    });
    this.canvas = document.createElement('canvas');
    element.append(heading, this.canvas);
    parent.append(element);
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  clear() {
    this.points = [];
    this.draw();
  }

  /// values: one for each line, in its order; null where there is none.
  add(time, values) {
    this.points.push({ time, values });
    while (this.points[0].time < time - SECONDS) this.points.shift();
    values.forEach((value, index) => {
      this.values[index].value = Number.isFinite(value) ? `${round(value)} ${this.unit}` : '–';
    });
    this.draw();
  }

  draw() {
    const { canvas, points } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const context = canvas.getContext('2d');
    context.scale(ratio, ratio);
    const all = points.flatMap(({ values }) => values).filter(Number.isFinite);
    const most = nice(Math.max(1, ...all));
    const style = getComputedStyle(canvas);
    context.font = '11px system-ui, sans-serif';
    context.lineWidth = 1;
    for (const share of [0, 0.5, 1]) {
      const y = height - 4 - share * (height - 20);
      context.strokeStyle = style.borderTopColor;
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(width, y);
      context.stroke();
      context.fillStyle = style.color;
      context.fillText(`${round(share * most)}`, 2, y - 3);
    }
    if (points.length < 2) return;
    const end = points.at(-1).time;
    const x = (time) => width - ((end - time) / SECONDS) * (width - 34);
    const y = (value) => height - 4 - (Math.min(value, most) / most) * (height - 20);
    context.lineWidth = 1.8;
    context.lineJoin = 'round';
    this.lines.forEach((_, index) => {
      context.strokeStyle = COLORS[index];
      context.beginPath();
      let drawing = false;
      for (const { time, values } of points) {
        const value = values[index];
        if (!Number.isFinite(value)) {
          drawing = false;
          continue;
        }
        if (drawing) context.lineTo(x(time), y(value));
        else context.moveTo(x(time), y(value));
        drawing = true;
      }
      context.stroke();
    });
  }
}

/// The next of 1, 2, 5 times a power of ten.
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}

function round(value) {
  return value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
}
