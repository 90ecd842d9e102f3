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

/** A page that says one thing. */
export const message = (title: string, text: string) => page(title, html`<p>${text}</p>`);
