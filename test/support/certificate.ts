import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export type Certificate = {
  /** PEM, as is the key. */
  readonly certificate: string;
  readonly key: string;
  /** Where the certificate lies. */
  readonly file: string;
};

/** Files in that folder: a key, and the certificate that it has signed itself for that name. */
export function selfSigned(folder: string, name: string): Certificate {
  const [file, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
  const named = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  const files = ["-keyout", keyFile, "-out", file];
  execFileSync("openssl", [...made, ...named, ...files], { stdio: "ignore" });
  return { certificate: readFileSync(file, "utf8"), key: readFileSync(keyFile, "utf8"), file };
}
