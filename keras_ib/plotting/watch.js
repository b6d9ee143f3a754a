// Draws the figure anew when the log has grown; menus and slider stay.
let state = '';

async function look() {
  let answer;
  try {
    answer = await fetch('figure', {headers: {'If-None-Match': state}});
  } catch {
    document.title = `(ended) ${document.title}`;
    return;
  }
  if (answer.status === 200) {
    state = answer.headers.get('ETag');
    await show(await answer.json());
  }
  setTimeout(look, 2000);
}

async function show(figure) {
  const {updatemenus = [], sliders = []} = plot.layout;
  const menus = figure.layout.updatemenus ?? [];
  menus.forEach((menu, i) => menu.active = updatemenus[i]?.active ?? 0);
  const held = sliders.find(({active, steps}) => active < steps.length - 1);
  await Plotly.react(plot, figure);
  for (const {type, active, buttons} of menus)
    if (type === 'dropdown' && active)
      await Plotly.update(plot, ...buttons[active].args);
  if (held)
    await Plotly.animate(plot, ...held.steps[held.active].args);
}
look();
