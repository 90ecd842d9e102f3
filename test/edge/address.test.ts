import { expect, it } from "vitest";
import { reachOf } from "../../durable-objects/upstream/address.ts";

it.each([
  ["db.example.com", "name"],
  ["8.8.8.8", "public"],
  ["2606:4700::1111", "public"],
  ["127.0.0.1", "private"],
  ["localhost", "private"],
  ["LOCALHOST.", "private"],
  ["10.1.2.3", "private"],
  ["172.16.0.1", "private"],
  ["172.32.0.1", "public"],
  ["192.168.1.1", "private"],
  ["100.64.0.1", "private"],
  ["::1", "private"],
  ["[fd12::1]", "private"],
  ["::ffff:10.0.0.1", "private"],
  ["::ffff:169.254.169.254", "never"],
  ["169.254.169.254", "never"],
  ["169.254.1.1", "never"],
  ["fe80::1", "never"],
  ["fd00:ec2::254", "never"],
  ["metadata.google.internal", "never"],
  ["100.100.100.200", "never"],
  ["2002:a9fe:a9fe::1", "never"],
  ["64:ff9b::a9fe:a9fe", "never"],
  ["::ffff:a9fe:a9fe", "never"],
  ["0.0.0.0", "never"],
  ["224.0.0.1", "never"],
  ["010.0.0.1", "never"],
  ["0x7f000001", "never"],
  ["2130706433", "never"],
  ["127.1", "never"],
  ["999.1.1.1", "never"],
])("%s is %s", (host, reach) => {
  expect(reachOf(host)).toBe(reach);
});
