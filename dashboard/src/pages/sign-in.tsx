import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { signInHref } from "../api.ts";

export function SignInPage() {
  const { href } = useLocation();
  useEffect(() => {
    document.title = "Sign in · Sluice";
  }, []);
  return (
    <main className="grid min-h-dvh place-items-center px-4">
      <div className="card grid w-full max-w-md justify-items-center gap-4 px-6 py-12 text-center">
        <img src="/icon.svg" alt="" width="64" height="64" />
        <h1 className="text-2xl font-bold">Sluice</h1>
        <p className="text-muted">
          The gate between you and the databases behind it. What passes is decided, masked and
          recorded.
        </p>
        <a className="button button-primary mt-2 w-full" href={signInHref(href)}>
          Sign in
        </a>
        <p className="text-sm text-muted">
          In a terminal, run <code className="font-mono">sluice login</code>.
        </p>
      </div>
    </main>
  );
}
