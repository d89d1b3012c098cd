/** Says who the API takes this browser for. */
const answer = await fetch('/dashboard/api/session');
const session = await answer.json();
document.getElementById('main').textContent = answer.ok
  ? `task-scheduler ${session.version}, role ${session.role}`
  : session.detail;
