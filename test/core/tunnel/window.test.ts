import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tunnelAckBytes, tunnelWindowBytes } from "../../../core/limits.ts";
import { ReceiveWindow, SendWindow } from "../../../core/tunnel/window.ts";

describe("SendWindow", () => {
  it("spends credit by sending and gets it back by acknowledgements", () => {
    const window = new SendWindow(1000);
    window.sent(600);
    expect(window.available).toBe(400);
    expect(window.acknowledged(600)).toBe(true);
    expect(window.available).toBe(1000);
  });

  it("refuses to believe an acknowledgement of what was never sent, or one taken back", () => {
    const window = new SendWindow(1000);
    window.sent(10);
    expect(window.acknowledged(11)).toBe(false);
    expect(window.acknowledged(10)).toBe(true);
    expect(window.acknowledged(9)).toBe(false);
    expect(window.available).toBe(1000);
  });
});

describe("ReceiveWindow", () => {
  it("takes exactly one window before the first acknowledgement", () => {
    const window = new ReceiveWindow(1000);
    expect(window.received(1000)).toBe(true);
    expect(window.received(1)).toBe(false);
  });

  it("does not count what was passed on but not yet acknowledged as room", () => {
    const window = new ReceiveWindow(1000);
    window.received(1000);
    expect(window.consumed(500)).toBeNull();
    expect(window.received(1)).toBe(false);
  });

  it("acknowledges the total once enough is due, and at once on flush", () => {
    const window = new ReceiveWindow();
    window.received(tunnelAckBytes + 5);
    expect(window.consumed(tunnelAckBytes - 1)).toBeNull();
    expect(window.consumed(1)).toBe(tunnelAckBytes);
    expect(window.flush()).toBeNull();
    expect(window.consumed(5)).toBeNull();
    expect(window.flush()).toBe(tunnelAckBytes + 5);
    expect(window.pending).toBe(0);
  });
});

it("two honest ends never stall and never overrun, in steps of any size", () => {
  const steps = fc.array(fc.tuple(fc.nat(tunnelWindowBytes), fc.nat(tunnelWindowBytes)));
  fc.assert(
    fc.property(steps, (sizes) => {
      const send = new SendWindow();
      const receive = new ReceiveWindow();
      for (const [offered, read] of sizes) {
        const bytes = Math.min(offered, send.available);
        send.sent(bytes);
        expect(receive.received(bytes)).toBe(true);
        const ack = receive.consumed(Math.min(read, receive.pending));
        if (ack !== null) expect(send.acknowledged(ack)).toBe(true);
        if (receive.pending === 0) {
          expect(send.available).toBeGreaterThan(tunnelWindowBytes - tunnelAckBytes);
        }
      }
    }),
  );
});
