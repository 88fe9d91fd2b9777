"use strict";

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function addRow(table, cells, kind = "td", className = "") {
  const row = table.appendChild(element("tr", undefined, className));
  for (const cell of cells) row.appendChild(cell instanceof Node ? cell : element(kind, cell));
  return row;
}

function compact(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return (value / 1e6).toFixed(size >= 1e8 ? 0 : 2) + " M";
  if (size >= 1e4) return (value / 1e3).toFixed(1) + " k";
  if (size === 0) return "0";
  return size >= 100 ? value.toFixed(0) : size >= 1 ? value.toFixed(2) : value.toPrecision(2);
}

const ratioText = value => value > 0 && value < 0.095 ? value.toPrecision(2) : value.toFixed(2);

/** Median, least and greatest; the ratio to the best C, if there is one. */
function spreadCell(spread, format, ratio) {
  const cell = element("td");
  if (spread && spread.length) {
    cell.append(format(spread[0]) + " ");
    cell.appendChild(element("small", `${format(spread[1])}–${format(spread[2])}`));
  }
  if (ratio && ratio.length) {
    cell.append(element("br"), `${ratioText(ratio[0])} × `);
    cell.appendChild(element("small", `${ratioText(ratio[1])}–${ratioText(ratio[2])}`));
  }
  return cell;
}

const title = id => data.competitors[id].title;
const ownClass = id => id === "evloop" ? "own" : "";

/** Lines from the least to the greatest value over each bar. */
const whiskers = {
  id: "whiskers",
  afterDatasetsDraw(chart) {
    const { ctx, scales: { x } } = chart;
    chart.getDatasetMeta(0).data.forEach((bar, index) => {
      const [, least, greatest] = chart.options.plugins.whiskers.spreads[index];
      const [left, right] = [x.getPixelForValue(least), x.getPixelForValue(greatest)];
      ctx.save();
      ctx.strokeStyle = "#111";
      ctx.beginPath();
      ctx.moveTo(left, bar.y);
      ctx.lineTo(right, bar.y);
      for (const end of [left, right]) {
        ctx.moveTo(end, bar.y - 4);
        ctx.lineTo(end, bar.y + 4);
      }
      ctx.stroke();
      ctx.restore();
    });
  },
};

function drawChart(parent, workload, metric) {
  const figure = parent.appendChild(element("figure"));
  const box = figure.appendChild(element("div"));
  box.style.height = `${60 + 30 * workload.rows.length}px`;
  const spreads = workload.rows.map(row => row.figures[metric.id]);
  const ratios = workload.rows.map(row => row.ratio.length ? ` (${ratioText(row.ratio[0])} × C)` : "");
  new Chart(box.appendChild(element("canvas")), {
    type: "bar",
    plugins: [whiskers],
    data: {
      labels: workload.rows.map((row, index) => title(row.competitor) + ratios[index]),
      datasets: [{ data: spreads.map(spread => spread[0]), backgroundColor: workload.rows.map(row => data.competitors[row.competitor].colour) }],
    },
    options: {
      indexAxis: "y",
      animation: false,
      maintainAspectRatio: false,
      plugins: {
        legend: { display: false },
        whiskers: { spreads },
        tooltip: { callbacks: { label: item => spreads[item.dataIndex].map(compact).join(", ") + " (median, least, greatest)" } },
      },
      scales: { x: { beginAtZero: true, title: { display: true, text: metric.title }, ticks: { callback: compact } } },
    },
  });
  figure.appendChild(element("figcaption", metric.higherIsBetter ? "More is better." : "Less is better."));
}

function showWorkload(workload) {
  const parent = document.getElementById("workloads");
  parent.appendChild(element("h2", workload.title));
  drawChart(parent, workload, data.metrics.find(metric => metric.id === workload.headline));
  const metrics = data.metrics.filter(metric => workload.rows.some(row => row.figures[metric.id]));
  const scroll = parent.appendChild(element("div", undefined, "scroll"));
  const table = scroll.appendChild(element("table"));
  addRow(table, ["", "ratio to C", ...metrics.map(metric => metric.title), "granted SO_SNDBUF"], "th");
  for (const row of workload.rows) {
    addRow(table, [
      title(row.competitor),
      spreadCell(row.ratio, ratioText),
      ...metrics.map(metric => spreadCell(row.figures[metric.id], compact, row.ratios[metric.id])),
      row.competitor === "aeron" ? "none" : String(row.sendBuffer),
    ], "td", ownClass(row.competitor));
  }
  const details = parent.appendChild(element("details"));
  details.appendChild(element("summary", "commands"));
  for (const row of workload.rows) details.appendChild(element("pre", row.command));
}

function showOverview() {
  const ids = Object.keys(data.competitors);
  const table = document.getElementById("overview");
  addRow(table, ["", ...ids.map(title)], "th");
  for (const workload of data.workloads) {
    addRow(table, [workload.title, ...ids.map(id => {
      const row = workload.rows.find(candidate => candidate.competitor === id);
      return row ? spreadCell(row.ratio, ratioText) : "";
    })]);
  }
}

function showTables() {
  const goals = document.getElementById("goals");
  addRow(goals, ["work", "goal", "evloop: median (least–greatest)"], "th");
  data.goals.forEach(goal => addRow(goals, [goal.work, goal.goal, goal.reached]));
  const machine = document.getElementById("machine");
  addRow(machine, ["command", element("td", data.command, "text")]);
  Object.entries(data.machine).forEach(([name, value]) => addRow(machine, [name, element("td", value, "text")]));
  const competitors = document.getElementById("competitors");
  addRow(competitors, ["", "version", "how it is used"], "th");
  Object.values(data.competitors).forEach(competitor =>
    addRow(competitors, [competitor.title, competitor.version, element("td", competitor.note, "text")]));
  const failures = document.getElementById("failures");
  data.failures.forEach(failure => failures.appendChild(element("pre", failure, "failure")));
  data.disturbances.forEach(sign => failures.appendChild(element("p", `Disturbed: ${sign}.`, "failure")));
}

showOverview();
showTables();
data.workloads.forEach(showWorkload);
