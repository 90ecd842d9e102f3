import { html } from "hono/html";

/** The few pages of sign-in: no script, no style from elsewhere, everything escaped by `html`. */
export const page = (title: string, body: ReturnType<typeof html>) =>
  html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${title} - Sluice</title>
      <h1>${title}</h1>
      ${body}
    </html>`;

/**
 * Goes on to a path of ours. A redirect would belong to the navigation that the issuer began, which
 * another site began in turn, and a strict cookie does not go with one.
 */
export const onward = (to: string) =>
  html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta http-equiv="refresh" content="0; url=${to}" />
      <title>Signed in - Sluice</title>
      <p><a href="${to}">Go on</a></p>
    </html>`;

/** A page that says one thing. */
export const message = (title: string, text: string) => page(title, html`<p>${text}</p>`);
