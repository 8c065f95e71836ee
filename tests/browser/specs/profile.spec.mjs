import { en, Elements } from "../drivers/elements.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { FlowClient, person } from "../harness/flow-client.mjs";

test.use({ profile: "mfa" });

test.describe("addresses", () => {
  // Covers CLIENT-121, CLIENT-122, CLIENT-123, CLIENT-127, CLIENT-129, CLIENT-221.
  test("E2E-11 adds one, makes it the primary one and deletes the other", async ({ environment, profilePage, signedIn }) => {
    const { client, email } = await signedIn();
    const { email: added } = person();
    const begun = await profilePage.open();
    expect(begun.actions.email_delete.inputs.email_id).not.toHaveProperty("allowed_values");
    await profilePage.save("email-create-dropdown-0", added, "email_create", "passcode_confirmation");
    const code = await environment.mail.code(added);
    await profilePage.run("verify_passcode", () => profilePage.elements.typeCode(code));

    const { payload: { user } } = await profilePage.press("email-edit-dropdown-1", en.labels.setAsPrimaryEmail, "email_set_primary");
    const state = new Map(user.emails.map(({ address, is_primary, is_verified }) => [address, { is_primary, is_verified }]));
    expect(state.get(added)).toEqual({ is_primary: true, is_verified: true });
    expect(state.get(email)).toEqual({ is_primary: false, is_verified: true });
    expect((await client.request("GET", "/me")).body).toEqual(user);

    const place = user.emails.findIndex(({ address }) => address === email);
    const deleted = await profilePage.confirm(`email-edit-dropdown-${place}`, en.labels.delete, "email_delete");
    expect(deleted.payload.user.emails.map(({ address }) => address)).toEqual([added]);
  });

  // Covers CLIENT-121, CLIENT-128.
  test("E2E-11 refuses the same one twice, in the dropdown", async ({ profilePage, signedIn }) => {
    const { email } = await signedIn();
    await profilePage.open();
    const refused = await profilePage.save("email-create-dropdown-0", email, "email_create");
    expect(refused).toMatchObject({ name: "profile_init", error: { code: "form_data_invalid_error" } });
    expect(refused.payload.user.emails).toHaveLength(1);
    await expect((await profilePage.unfold("email-create-dropdown-0")).getByText(en.flowErrors.email_already_exists)).toBeVisible();
  });

  test.describe("that nobody has to verify", () => {
    test.use({ profile: "unverified" });

    // Covers CLIENT-127, CLIENT-129.
    test("adds one at once, and verifies it later", async ({ environment, profilePage, signedIn }) => {
      await signedIn();
      const { email: added } = person();
      await profilePage.open();
      const { payload } = await profilePage.save("email-create-dropdown-0", added, "email_create");
      expect(payload.user.emails).toContainEqual(expect.objectContaining({ address: added, is_verified: false }));
      const place = payload.user.emails.findIndex(({ address }) => address === added);
      await profilePage.press(`email-edit-dropdown-${place}`, en.labels.verify, "email_verify", "passcode_confirmation");
      const code = await environment.mail.code(added);
      const verified = await profilePage.run("verify_passcode", () => profilePage.elements.typeCode(code));
      expect(verified.payload.user.emails).toContainEqual(expect.objectContaining({ address: added, is_verified: true }));
    });
  });
});

test.describe("the password", () => {
  test.beforeEach(({ page }) => page.addInitScript(() => delete window.PublicKeyCredential));

  // Covers CLIENT-130, CLIENT-131.
  test("E2E-12 is changed, and never to one that is too short", async ({ elements, profilePage, signedIn, watch }) => {
    const { client, email } = await signedIn();
    const { actions } = await profilePage.open();
    expect(actions.password_update.inputs.password).toMatchObject({ min_length: 8, max_length: 72 });
    expect(actions).not.toHaveProperty("password_create");
    const dropdown = await profilePage.unfold("password-edit-dropdown-0");
    await dropdown.locator("input[type=password]").fill("short");
    await dropdown.getByRole("button", { name: en.labels.save }).click();
    expect(await watch.to("password_update")).toHaveLength(0);
    await client.start("profile");
    const refused = await client.run("password_update", { password: "short" });
    expect(refused).toMatchObject({ name: "profile_init", status: 400, error: { code: "form_data_invalid_error" } });
    expect(refused.actions.password_update.inputs.password.error.code).toBe("value_too_short_error");

    await profilePage.save("password-edit-dropdown-0", "another horse battery", "password_update");
    await elements.forget();
    await elements.signInWithPassword({ email, password: "another horse battery" });
  });

  test.describe("that an account may go without", () => {
    test.use({ profile: "M" });

    // Covers CLIENT-130, CLIENT-131, CLIENT-132.
    test("E2E-12 is set, and deleted again", async ({ elements, profilePage, signedIn }) => {
      const { email } = await signedIn({ password: false });
      await profilePage.open();
      const created = await profilePage.save("password-edit-dropdown-0", "another horse battery", "password_create");
      expect(Object.keys(created.actions)).toEqual(expect.arrayContaining(["password_update", "password_delete"]));
      expect(created.actions).not.toHaveProperty("password_create");
      const { actions } = await profilePage.confirm("password-edit-dropdown-0", en.labels.delete, "password_delete");
      expect(actions).not.toHaveProperty("password_update");
      expect(actions.password_create.inputs.password).toMatchObject({ min_length: 8, max_length: 72 });
      await elements.forget();
      await elements.start("login_init");
      await elements.submitEmail(email);
      await elements.expectState("passcode_confirmation");
    });
  });
});

test.describe("the username", () => {
  test.use({ profile: "E" });

  // Covers CLIENT-126, CLIENT-132, CLIENT-133.
  test("is set, changed and deleted", async ({ profilePage, signedIn }) => {
    await signedIn();
    const names = [person().username, person().username];
    const begun = await profilePage.open();
    expect(begun.payload.user).not.toHaveProperty("username");
    for (const [action, name] of [["username_create", names[0]], ["username_update", names[1]]]) {
      const { payload: { user } } = await profilePage.save("username-edit-dropdown-0", name, action);
      expect(user.username.username).toBe(name);
    }
    const { payload: { user } } = await profilePage.confirm("username-edit-dropdown-0", en.labels.delete, "username_delete");
    expect(user).not.toHaveProperty("username");
  });

  // Covers CLIENT-124, CLIENT-125.
  test("may be all that an account has", async ({ profilePage, signedIn }) => {
    await signedIn({ email: false, username: true });
    const { payload: { user } } = await profilePage.open();
    await profilePage.unfold("username-edit-dropdown-0");
    for (const empty of ["emails", "passkeys", "security_keys", "identities"]) expect(user).not.toHaveProperty(empty);
  });
});

test.describe("sessions", () => {
  // Covers CLIENT-144, CLIENT-145, CLIENT-146, CLIENT-195, CLIENT-222.
  test("E2E-16 lists those of two browsers, and ends the other one", async ({ elsewhere, environment, profilePage, signedIn }) => {
    await elsewhere.signInWithPassword(await signedIn());
    const { payload: { sessions }, actions } = await profilePage.open();
    expect(sessions.map(({ current }) => Boolean(current)).sort()).toEqual([false, true]);
    const place = sessions.findIndex(({ current }) => !current);
    const { id, user_agent: agent, user_agent_raw: raw } = sessions[place];
    expect(actions.session_delete.inputs.session_id.allowed_values.map(({ value }) => value)).toEqual([id]);
    expect(raw).toBe(await elsewhere.page.evaluate(() => navigator.userAgent));
    expect(agent).toMatch(/Chrome/);
    expect(agent.length).toBeLessThan(raw.length);
    await expect(profilePage.page.getByText(en.labels.currentSession)).toHaveCount(1);

    const cookie = (await elsewhere.page.context().cookies(environment.api)).find(({ name }) => name === "hanko");
    const after = await profilePage.confirm(`session-edit-dropdown-${place}`, en.labels.revoke, "session_delete");
    expect(after.payload.sessions).toHaveLength(1);
    expect(await elsewhere.page.evaluate(() => window.hankoClient.validateSession())).toEqual({ is_valid: false });
    const revoked = new FlowClient(environment, { headers: { Authorization: `Bearer ${cookie.value}` } });
    for (const [method, path] of [["GET", "/me"], ["POST", "/profile"], ["POST", "/logout"]]) {
      expect((await revoked.request(method, path)).status, path).toBe(401);
    }
    await elsewhere.page.bringToFront();
    await elsewhere.expectEvent("hanko-session-expired");
  });

  test.describe("that are nobody's business", () => {
    test.use({ profile: "hiddenSessions" });

    // Covers CLIENT-224.
    test("are not shown", async ({ profilePage, signedIn }) => {
      await signedIn();
      expect((await profilePage.open()).payload).not.toHaveProperty("sessions");
      await expect(profilePage.page.getByText(en.headlines.profileSessions, { exact: true })).toHaveCount(0);
    });
  });

  test.describe("without traces of browsers", () => {
    test.use({ profile: "blindSessions" });

    // Covers CLIENT-222, CLIENT-223.
    test("are shown without them", async ({ profilePage, signedIn }) => {
      await signedIn();
      const [session] = (await profilePage.open()).payload.sessions;
      for (const trace of ["ip_address", "user_agent", "user_agent_raw"]) expect(session).not.toHaveProperty(trace);
      await profilePage.unfold("session-edit-dropdown-0");
      await expect(profilePage.page.getByText(en.labels.currentSession)).toBeVisible();
    });
  });
});

test.describe("the account", () => {
  // Covers CLIENT-44, CLIENT-77, CLIENT-147.
  test("E2E-18 is deleted by somebody who means it", async ({ elements, environment, signedIn, context, page, profilePage, watch }) => {
    const { email, password, client } = await signedIn();
    await profilePage.open();
    await elements.button(en.headlines.deleteAccount).click();
    await elements.button(en.labels.delete).click();
    expect(await watch.to("account_delete"), "the box is to be ticked").toHaveLength(0);
    await page.getByRole("checkbox").check();
    const { actions } = await profilePage.run("account_delete", () => elements.button(en.labels.delete).click(), "account_deleted");
    expect(actions).toEqual({});
    await elements.expectEvent("hanko-user-deleted");
    expect((await watch.to("account_delete"))[0].headers["set-cookie"]).toMatch(/^hanko=;/m);
    expect((await context.cookies(environment.api)).find(({ name }) => name === "hanko")).toBeUndefined();
    expect((await client.request("GET", "/me")).status).toBe(401);

    const again = new FlowClient(environment);
    await again.start("login");
    await again.run("continue_with_login_identifier", { email });
    await again.run("continue_to_password_login");
    expect(await again.run("password_login", { password })).toMatchObject({ name: "login_password", status: 400 });
  });

  // Covers CLIENT-148.
  test("takes metadata from custom pages", async ({ account }) => {
    const { client } = await account();
    await client.start("profile");
    await client.run("patch_metadata", { patch_metadata: { theme: "dark" } });
    expect(client.state.payload.user.metadata.unsafe_metadata).toEqual({ theme: "dark" });
    await client.run("patch_metadata", { patch_metadata: null });
    expect(client.state.name).toBe("profile_init");
    expect(client.state.payload.user.metadata?.unsafe_metadata).toBeUndefined();
  });

  // Covers CLIENT-65, CLIENT-149, CLIENT-202.
  test("E2E-22 is shown once there is a session", async ({ elements, account, context, environment, page, watch }) => {
    const who = await account();
    await elements.open({ element: "hanko-profile" });
    await elements.headline(en.headlines.error);
    await expect(elements.errorText()).toHaveText(en.flowErrors.unauthorized);
    const [refused] = await watch.to("/profile");
    expect(refused).toMatchObject({ status: 401, body: { name: "error", error: { code: "unauthorized" }, actions: {} } });
    const other = new Elements(await context.newPage(), environment);
    await other.page.addInitScript(() => delete window.PublicKeyCredential);
    await other.signInWithPassword(who);
    await page.bringToFront();
    await elements.expectState("profile_init");
    await elements.headline(en.headlines.profileEmails);
  });

  // Covers CLIENT-149.
  test("is closed to a session that has ended meanwhile", async ({ elements, profilePage, signedIn }) => {
    const { client } = await signedIn();
    await profilePage.open();
    expect((await client.request("POST", "/logout")).status).toBe(204);
    const refused = await profilePage.save("email-create-dropdown-0", person().email, "email_create", "error");
    expect(refused).toMatchObject({ status: 401, error: { code: "unauthorized" } });
    await elements.headline(en.headlines.error);
  });
});
