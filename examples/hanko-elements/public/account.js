import { hanko } from "/common.js";

const home = () => location.replace("/");
hanko.onSessionExpired(home);
hanko.onUserLoggedOut(home);
hanko.onUserDeleted(home);
document.getElementById("sign-out").addEventListener("click", () => hanko.logout());

const { is_valid, claims } = await hanko.validateSession();
if (is_valid) show(await hanko.getCurrentUser(), claims);
else home();

function show(user, claims) {
  const address = user.emails?.find((email) => email.is_primary)?.address;
  const rows = {
    "Email address": address,
    Username: user.username?.username,
    "Signed in with": claims.amr?.join(", "),
    Session: claims.session_id,
    "Valid until": new Date(claims.expiration).toLocaleString(),
  };
  for (const [term, value] of Object.entries(rows)) {
    if (!value) continue;
    const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
    dt.textContent = term;
    dd.textContent = value;
    document.getElementById("session").append(dt, dd);
  }
}
