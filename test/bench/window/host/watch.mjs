// Runs in the page that is typed into: notes how long each frame took, each long task, and when each key was pressed, heard,
// answered and seen to be answered. Times are Unix milliseconds, so that the app's main thread can be held against them.
export const WATCH = `(() => {
  const box = document.querySelector('input');
  const bench = { frames: [], longTasks: [], answers: [] };
  const nowMs = () => performance.timeOrigin + performance.now();
  let last = performance.now();
  const frame = (atMs) => {
    bench.frames.push({ ms: atMs - last, endedAtMs: performance.timeOrigin + atMs });
    last = atMs;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame((atMs) => {
    last = atMs;
    requestAnimationFrame(frame);
  });
  new PerformanceObserver((list) => {
    for (const { duration, startTime } of list.getEntries())
      bench.longTasks.push({ ms: duration, begunAtMs: performance.timeOrigin + startTime });
  }).observe({ type: 'longtask' });
  // The latest key alone is answered; a task behind the frame that draws the answer runs when the frame has been handed over.
  let asked = null;
  const heard = ({ timeStamp }) => {
    asked = { text: box.value, pressedMs: performance.timeOrigin + timeStamp, heardMs: nowMs() };
  };
  box.addEventListener('input', heard, { capture: true });
  const answered = () => {
    if (asked === null || document.querySelector('[data-testid=results]')?.dataset.answers !== asked.text) return;
    const answer = { ...asked, placedMs: nowMs() };
    asked = null;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => bench.answers.push({ ...answer, shownMs: nowMs() });
    requestAnimationFrame(() => {
      answer.framedMs = nowMs();
      channel.port2.postMessage(null);
    });
  };
  const filter = { subtree: true, childList: true, attributeFilter: ['data-answers'] };
  const main = document.querySelector('main');
  if (main !== null) new MutationObserver(answered).observe(main, filter);
  box.focus();
  window.bench = bench;
})()`;
