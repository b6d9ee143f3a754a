// The tap under the pointer stands out in the plane and among the curves; a
// click holds it, a second one lets it go.
const plot = document.getElementById('{plot_id}');
let held = null, over = null;

const tapOf = ({data, text, y}) =>
  data.type === 'heatmap' ? y : data.name || text;

function emphasise() {
  const tap = held ?? over;
  plot._fullData.forEach((trace, i) => {
    const node = plot.querySelector(`.scatterlayer .trace${trace.uid}`);
    if (node && plot.data[i].name)
      node.style.opacity = tap === null ? trace.opacity
        : trace.name === tap ? 1 : 0.12;
  });
}
plot.on('plotly_hover', (event) => {
  over = tapOf(event.points[0]);
  emphasise();
});
plot.on('plotly_unhover', () => {
  over = null;
  emphasise();
});
plot.on('plotly_click', (event) => {
  const tap = tapOf(event.points[0]);
  held = held === tap ? null : tap;
  emphasise();
});
plot.on('plotly_afterplot', emphasise);
// Plotly rejects, with no reason, what the pause button has interrupted.
window.addEventListener('unhandledrejection', (event) => {
  if (event.reason === undefined) event.preventDefault();
});
