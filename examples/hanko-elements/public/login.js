import { hanko } from "/common.js";

const leave = () => location.replace("/account");
hanko.onSessionCreated(leave);

// Whoever comes back from a provider is still in the middle of a flow, with or without an older session.
const query = new URLSearchParams(location.search);
const returning = query.has("hanko_token") || query.has("error");
if (!returning && (await hanko.validateSession()).is_valid) leave();
