import { added, en } from "../drivers/elements.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { FlowClient, person } from "../harness/flow-client.mjs";
import { violations } from "../harness/shape.mjs";

/** Changes the next request of an action on its way to the server. */
async function tamper(page, action, change) {
  await page.route(new RegExp(`action=${action}`), (route) => {
    if (route.request().method() !== "POST") return route.continue();
    return route.continue(change(route.request()));
  });
}

test.describe("a request that the server cannot follow", () => {
  // Covers CLIENT-60, CLIENT-155.
  test("E2E-23 with a wrong CSRF token ends on the error page", async ({ elements, page }) => {
    await elements.start("login_init");
    await tamper(page, "continue_with_login_identifier", (request) => ({
      postData: JSON.stringify({ ...request.postDataJSON(), csrf_token: "wrong" }),
    }));
    await elements.submitEmail(person().email);
    const { error } = await elements.expectState("error");
    expect(error).toBe("operation_not_permitted_error");
    await elements.headline(en.headlines.error);
    await expect(elements.errorText()).toHaveText(en.flowErrors.operation_not_permitted_error);
  });

  // Covers CLIENT-58, CLIENT-155.
  test("E2E-23 for a flow that does not exist ends on the error page", async ({ elements, page }) => {
    await elements.start("login_init");
    await tamper(page, "continue_with_login_identifier", (request) => ({
      url: request.url().replace(/%40[0-9a-f-]+/, "%4000000000-0000-4000-8000-000000000000"),
    }));
    await elements.submitEmail(person().email);
    await elements.expectState("error");
    await expect(elements.errorText()).toHaveText(en.flowErrors.operation_not_permitted_error);
  });

  // Covers CLIENT-57, CLIENT-155.
  test("E2E-23 with a broken body ends on the error page", async ({ elements, page }) => {
    await elements.start("login_init");
    await tamper(page, "continue_with_login_identifier", () => ({ postData: "{nonsense" }));
    await elements.submitEmail(person().email);
    await elements.expectState("error");
    await expect(elements.errorText()).toHaveText(en.flowErrors.technical_error);
  });

  // Covers CLIENT-155. That the server answers so in time is another test's matter.
  test("E2E-23 for a flow that has expired ends on the error page", async ({ elements, page }) => {
    await elements.start("login_init");
    await page.route(/action=continue_with_login_identifier/, async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      const answer = await route.fetch({ postData: "{nonsense" });
      const body = { ...(await answer.json()), status: 410, error: { code: "flow_expired_error", message: "The flow has expired." } };
      return route.fulfill({ response: answer, status: 410, json: body });
    });
    await elements.submitEmail(person().email);
    await elements.expectState("error");
    await expect(elements.errorText()).toHaveText(en.flowErrors.flow_expired_error);
  });

  // Covers CLIENT-153.
  test("is told in words, whatever its code", async ({ elements, page }) => {
    const codes = {
      whole: [
        "technical_error", "flow_expired_error", "flow_discontinuity_error", "operation_not_permitted_error", "not_found", "unauthorized",
        "rate_limit_exceeded", "passcode_max_attempts_reached", "passkey_invalid", "webauthn_credential_invalid_mfa_only",
        "platform_authenticator_required",
      ],
      input: [
        "value_missing_error", "value_invalid_error", "value_too_long_error", "value_too_short_error", "unknown_username_error",
        "unknown_email_error", "username_already_exists", "email_already_exists", "invalid_username_error", "passcode_invalid",
        "otp_code_invalid", "otp_code_already_used",
      ],
    };
    let next;
    await page.route(/action=continue_with_login_identifier/, async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      const answer = await route.fetch();
      const body = await answer.json();
      const { email } = body.actions.continue_with_login_identifier.inputs;
      delete email.error;
      if (codes.whole.includes(next)) body.error = { code: next, message: "" };
      else email.error = { code: next, message: "" };
      return route.fulfill({ response: answer, json: body });
    });
    await elements.start("login_init");
    for (next of [...codes.whole, ...codes.input]) {
      // The form of the elements lets this through; the server wants a top-level domain of two letters.
      await elements.submitEmail("mia@example.x");
      await elements.expectState("login_init");
      await expect(elements.errorText(), next).toHaveText({ ...added, ...en.flowErrors }[next]);
    }
  });

  // Covers CLIENT-154.
  test("shows a code that it does not know as it is, and breaks nothing", async ({ elements, page }) => {
    await elements.start("login_init");
    await page.route(/action=continue_with_login_identifier/, async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      const answer = await route.fetch();
      const body = { ...(await answer.json()), name: "login_init", error: { code: "brand_new_error", message: "" }, status: 400 };
      return route.fulfill({ response: answer, status: 400, json: body });
    });
    await elements.submitEmail(person().email);
    await elements.expectState("login_init");
    await expect(elements.errorText()).toHaveText("flowErrors.brand_new_error");
  });
});

test.describe("the bare protocol", () => {
  // Covers CLIENT-46, CLIENT-47, CLIENT-52, CLIENT-57, CLIENT-58, CLIENT-59, CLIENT-60, CLIENT-61.
  test("answers every failure with a flow response", async ({ environment }) => {
    const client = new FlowClient(environment);
    await client.start("login");
    const { csrf_token, actions: { continue_with_login_identifier: { href } } } = client.state;
    const id = href.split("%40")[1];
    const good = { input_data: {}, csrf_token };
    const rejections = [
      [500, "technical_error", href, "{nonsense"],
      [500, "technical_error", "/login?action=no_at_sign", good],
      [500, "technical_error", "/login?action=back%40no-uuid", good],
      [500, "technical_error", "/login?action=%40" + id, good],
      [403, "operation_not_permitted_error", href, { ...good, csrf_token: "wrong" }],
      [403, "operation_not_permitted_error", href.replace(id, "00000000-0000-4000-8000-000000000000"), good],
      [403, "operation_not_permitted_error", `/login?action=verify_passcode%40${id}`, good],
      [403, "operation_not_permitted_error", `/login?action=never_heard_of%40${id}`, good],
    ];
    for (const [status, code, path, body] of rejections) {
      const answer = await client.request("POST", path, body);
      expect(answer, path).toMatchObject({ status, body: { name: "error", status, csrf_token: "", actions: {}, error: { code } } });
      expect(violations({ flow: "login", ...answer })).toEqual([]);
    }
    // None of that has touched the flow.
    expect((await client.run("continue_with_login_identifier", { email: person().email })).name).toBe("login_method_chooser");
  });

  // Covers CLIENT-14, CLIENT-15, CLIENT-16, CLIENT-17, CLIENT-21, CLIENT-67, CLIENT-152.
  test("takes inputs with more, and with less, than it asked for", async ({ environment }) => {
    const client = new FlowClient(environment);
    await client.start("login");
    const first = await client.run("continue_with_login_identifier", { email: "nonsense" });
    expect(first.actions.continue_with_login_identifier.inputs.email.error.code).toBe("value_invalid_error");
    const [action] = Object.values(first.actions).filter((candidate) => candidate.action === "continue_with_login_identifier");
    const body = { input_data: { email: person().email, username: null, extra: { deep: [1] } }, csrf_token: first.csrf_token };
    const literal = await client.request("POST", action.href.replace("%40", "@"), body);
    expect(literal.body.name).toBe("login_method_chooser");
    expect((await client.request("POST", action.href, body)).body.error.code, "a token serves once").toBe("operation_not_permitted_error");
    client.state = literal.body;
    expect((await client.run("back")).name).toBe("login_init");
    expect(client.state.csrf_token).not.toBe(first.csrf_token);
    expect(client.state.actions.continue_with_login_identifier.inputs.email).not.toHaveProperty("error");
  });

  // Covers CLIENT-56, CLIENT-69.
  test("starts for every kind of browser, with its actions in a steady order", async ({ environment }) => {
    const orders = new Set();
    for (let bits = 0; bits < 8; bits += 1) {
      const client = new FlowClient(environment);
      const state = await client.start("login", {
        webauthn_available: Boolean(bits & 1), webauthn_conditional_mediation_available: Boolean(bits & 2),
        webauthn_platform_authenticator_available: Boolean(bits & 4),
      });
      expect(state.name).toBe("login_init");
      expect("request_options" in state.payload).toBe((bits & 3) === 3);
      const order = Object.values(state.actions).map(({ action, inputs }) => `${action}(${Object.keys(inputs)})`);
      if (bits & 1) orders.add(order.join());
    }
    expect(orders.size).toBe(1);
  });

  // Covers CLIENT-1, CLIENT-68.
  test("starts a flow without a body", async ({ account }) => {
    const { client } = await account();
    for (const flow of ["login", "registration", "profile"]) {
      const begun = await client.request("POST", `/${flow}`);
      expect(begun, flow).toMatchObject({ status: 200, body: { name: "preflight" } });
      expect(Object.keys(begun.body.actions)).toEqual(["register_client_capabilities"]);
    }
  });

  // Covers CLIENT-12.
  test("redirects no request of a client", async ({ environment }) => {
    for (const [method, path] of [["POST", "/login"], ["POST", "/registration"], ["GET", "/me"], ["GET", "/sessions/validate"], ["POST", "/logout"]]) {
      const answer = await fetch(environment.api + path, { method, redirect: "manual" });
      expect(answer.status < 300 || answer.status >= 400, `${method} ${path}`).toBe(true);
    }
  });
});

test.describe("a mail server that hangs", () => {
  test.use({ profile: "silentMail" });

  // Covers CLIENT-11.
  test("keeps nobody waiting", async ({ environment }) => {
    const client = new FlowClient(environment);
    await client.start("registration");
    const began = Date.now();
    expect((await client.run("register_login_identifier", { email: person().email })).name).toBe("passcode_confirmation");
    expect(Date.now() - began, "the client gives up after 13 s").toBeLessThan(10_000);
  });
});
