"""What the person at the terminal sees: a line a part, a bar for the history, the address at the end."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from services.up.first_account import FirstAccount

NAME_WIDTH = 11
PLAIN_STEP_PERCENT = 10


class Screen:
    """One terminal; the same text without colour and bars where the output is a file."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._said_percent = -1

    def note(self, text: str) -> None:
        """A plain line."""
        self.console.print(escape(text))

    def ready(self, part: str, detail: str, seconds: float) -> None:
        """A part is ready."""
        self.console.print(
            f"[green]ready[/green] {part:<{NAME_WIDTH}} {escape(detail)}{' ' if detail else ''}({seconds:.1f} s)"
        )

    def died(self, part: str, how: str, lines: Sequence[str], *, log: str, restart_in_s: float) -> None:
        """A part has ended and will be started again."""
        self.console.print(
            f"[red]ended[/red] {part:<{NAME_WIDTH}} {escape(how)}; again in {restart_in_s:.0f} s. Log: {escape(log)}"
        )
        for line in lines:
            self.console.print(f"      [dim]{escape(line)}[/dim]")

    def history(self, sent: int, total: int) -> None:
        """How much of the history the simulated region has sent, in readings."""
        if self.console.is_terminal:
            self._show_bar(sent, total)
            return
        percent = 100 * sent // total if total else 100
        if percent >= self._said_percent + PLAIN_STEP_PERCENT or (percent == 100 and self._said_percent != 100):
            self._said_percent = percent
            self.console.print(f"      history     {percent:3d} %  {sent} of {total} readings")

    def history_ends(self) -> None:
        """The history is sent; take the bar away."""
        if self._progress is not None:
            self._progress.stop()
        self._progress, self._task = None, None

    def address(self, url: str) -> None:
        """Where to look, in both languages of the house."""
        self.console.print(f"\n[bold]Open {escape(url)}[/bold]   打开 {escape(url)}   (Ctrl-C stops 停止)")

    def first_account(self, first: FirstAccount) -> None:
        """How to come in the first time. The password is nowhere else."""
        self.console.print(
            f"Sign in as [bold]{escape(first.name)}[/bold] with the password [bold]{escape(first.password)}[/bold]"
            f"   用户名 {escape(first.name)}，初始密码如左\n"
            "      It is shown this once, and changed at the first sign-in.   仅显示一次，首次登录须修改"
        )

    def demonstration(self, where: str) -> None:
        """Who else there is in the simulated region."""
        self.console.print(
            f"Accounts of each role, with first passwords and keys: {escape(where)}   各角色演示账户见此文件"
        )

    def story_begins(self) -> None:
        """What happens in the demonstration comes to the sums and is judged, behind the open console."""
        self.note("      its story is being told: sums, alerts and their handling follow   演示情节生成中，稍候即全")

    def mails(self, url: str) -> None:
        """Where the mails of the demonstration are shown."""
        self.console.print(f"Mails of the demonstration stay on this machine: {escape(url)}   演示邮件")

    def _show_bar(self, sent: int, total: int) -> None:
        if self._progress is None:
            columns = (TextColumn("      history    "), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._progress = Progress(*columns, console=self.console, transient=True)
            self._progress.start()
            self._task = self._progress.add_task("history", total=total)
        if self._task is not None:
            self._progress.update(self._task, completed=sent, total=total)
