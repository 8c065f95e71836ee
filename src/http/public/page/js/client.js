// Speaks the protocol: JSON over POST, one CSRF token per answer, whatever the status. Knows nothing of the page.

const TOKEN = "sealflow.token";
const exchanges = [];

/** Sends one request and remembers it for the history. Throws only if no answer arrives at all. */
async function request(method, path, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-Language": language() };
  // With the session in a header (session.enable_auth_token_header) there is no cookie: the page keeps the token itself.
  const token = stored("sessionStorage", TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  const began = performance.now();
  const exchange = { method, path, body, at: new Date() };
  exchanges.unshift(exchange);
  try {
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    exchange.status = response.status;
    exchange.answer = parsed(text);
    const issued = response.headers.get("X-Auth-Token");
    if (issued) stored("sessionStorage", TOKEN, issued);
  } catch (error) {
    exchange.failure = String(error);
  }
  exchange.took = Math.round(performance.now() - began);
  historyChanged();
  if (exchange.failure) throw new Error("The server could not be reached.");
  return exchange;
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return text;
  }
}

function language() {
  return $("setting-language").value.trim() || navigator.language.split("-")[0];
}

/** Anything but a flow body (a proxy's error page, a wrong path) becomes the error that it is. */
function flowAnswer({ status, answer }) {
  if (answer && typeof answer === "object" && answer.actions) return answer;
  const message = status === 404 ? "There is no such flow." : `The server answered ${status}, but not as a flow.`;
  return { name: "error", status, actions: {}, error: { code: "no_flow", message } };
}

const startFlow = async (flow) => flowAnswer(await request("POST", `/${encodeURIComponent(flow)}`));

/** Runs an action with the values given on top of those that the server asked to be sent back. */
async function runAction(state, action, values = {}) {
  const kept = Object.values(action.inputs).filter((input) => "value" in input).map((input) => [input.name, input.value]);
  const input_data = { ...Object.fromEntries(kept), ...values };
  return flowAnswer(await request("POST", action.href, { input_data, csrf_token: state.csrf_token }));
}

/** The session and its user, or null. Asks for the user only if there is a session, so that no 401 is provoked. */
async function currentSession() {
  const { answer: session } = await request("GET", "/sessions/validate");
  if (!session?.is_valid) return null;
  const { status, answer: user } = await request("GET", "/me");
  return status === 200 ? { session, user } : null;
}

async function signOut() {
  await request("POST", "/logout");
  stored("sessionStorage", TOKEN, null);
}
