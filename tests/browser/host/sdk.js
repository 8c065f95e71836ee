// Builds states of the newer SDK from answers that were recorded while the elements were driven.
import { Hanko, State } from "/vendor/sdk/sdk.modern.js";

const hanko = new Hanko(document.querySelector('meta[name="auth-api"]').content);

/** The exceptions of all answers that the SDK cannot make a state of. */
window.construct = (answers) => answers.flatMap(({ flow, body }) => {
  try {
    const state = new State(hanko, flow, body, { dispatchAfterStateChangeEvent: false });
    for (const name of Object.keys(body.actions)) void state.actions[name].inputs;
    return [];
  } catch (error) {
    return [`${flow}/${body?.name}: ${error}`];
  }
});
window.ready = true;
