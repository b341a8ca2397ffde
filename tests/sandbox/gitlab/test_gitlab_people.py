"""What the sandbox's GitLab runs, moves, redirects, limits and refuses."""

from __future__ import annotations

from collections.abc import Callable

from tmi_issue_sync.sandbox.gitlab import GitLabSite
from tmi_issue_sync.sandbox.log import Log

from .client import PROJECT, Client, refused


def test_closing_and_comments(bot: Client, log: Log) -> None:
    issue = bot.create()
    issue.notes.create({"body": "Why?"})
    issue.state_event = "close"
    issue.save()
    assert bot.project.issues.get(1).state == "closed"
    assert [note.body for note in bot.project.issues.get(1).notes.list(get_all=True)] == ["Why?"]
    issue.state_event = "reopen"
    issue.save()
    kinds = [entry.kind for entry in log.commits("gitlab")]
    assert kinds == ["issue.created", "note.created", "issue.closed", "issue.reopened"]
    with refused(400, "can't be blank"):
        issue.notes.create({"body": " "})
    assert bot.reply("PUT", "/projects/example%2Fthreats/issues/1", {}).status_code == 400


def test_quick_actions_are_run_and_removed(bot: Client, site: GitLabSite, log: Log) -> None:
    made = bot.create(description='text\n/label ~"two words" ~x\n/assign @bot\n```\n/close\n```\n/title New')
    assert (made.title, made.state, made.labels) == ("New", "opened", ["two words", "x"])
    assert made.description == "text\n```\n/close\n```"
    assert [user["username"] for user in made.assignees] == ["bot"]
    made.notes.create({"body": "done\n/close"})
    assert bot.project.issues.get(1).state == "closed"
    assert bot.reply("POST", "/projects/example%2Fthreats/issues/1/notes", {"body": "/reopen"}).status_code == 202
    assert site.issues()[0]["notes"] == ["done"]
    names = [entry.facts["name"] for entry in log.commits("gitlab", "action.run")]
    assert names == ["label", "assign", "title", "close", "reopen"]


def test_a_move_leaves_one_behind(bot: Client, site: GitLabSite) -> None:
    site.add_project("example/other")
    site.set_level("bot", 20, "example/other")
    bot.create(labels="tmi")
    bot.create()
    number = site.move(1, "example/other")
    old = bot.project.issues.get(1)
    new = bot.gl.projects.get("example/other", lazy=True).issues.get(number)
    assert (old.state, old.moved_to_id) == ("closed", new.id)
    assert (new.author["username"], new.created_at) == ("bot", old.created_at)
    assert (new.state, new.labels) == ("opened", []), "labels that its new home lacks are lost"
    question = "query($id: IssueID!) { issue(id: $id) { webUrl } }"
    body = {"query": question, "variables": {"id": f"gid://gitlab/Issue/{new.id}"}}
    url = f"{bot.gl.url}/api/graphql"
    assert bot.reply("POST", url, body).json() == {"data": {"issue": {"webUrl": new.web_url}}}
    site.set_level("bot", None, "example/other")
    site.edit(number, project="example/other", author=site._store.human)
    assert bot.reply("POST", url, body).json() == {"data": {"issue": None}}
    assert "errors" in bot.reply("POST", url, {"query": "{ me }"}).json()


def test_a_clone_has_another_author(bot: Client, site: GitLabSite, log: Log) -> None:
    bot.create(description="text", labels="tmi")
    assert site.clone(1) == 2
    assert (site.issues()[1]["author"], site.issues()[1]["body"]) == ("human", "text")
    assert site.clone(1, author="bot") == 3
    assert len(log.commits("gitlab", "issue.created")) == 1


def test_a_project_that_moved_redirects_reads_alone(bot: Client, site: GitLabSite) -> None:
    bot.create()
    site.rename_project(PROJECT, "elsewhere/threats")
    reply = bot.reply("GET", "/projects/example%2Fthreats/issues", state="all")
    assert reply.status_code == 301
    assert reply.headers["Location"].endswith("/issues?state=all")
    assert len(bot.project.issues.list(get_all=True)) == 1
    with refused(405, "Non GET methods are not allowed for moved projects"):
        bot.create()


def test_limits(bot: Client, site: GitLabSite, pass_time: Callable[[float], None]) -> None:
    site.limits.creates_per_minute = 1
    bot.create()
    reply = bot.reply("POST", "/projects/example%2Fthreats/issues", {"title": "x"})
    assert (reply.status_code, "Retry-After" in reply.headers) == (429, False)
    assert "too many times" in reply.json()["message"]["error"]
    pass_time(61)
    site.limits.per_minute = 1
    assert bot.reply("GET", "/user").headers["RateLimit-Remaining"] == "0"
    reply = bot.reply("GET", "/user")
    assert (reply.status_code, reply.text, reply.headers["Retry-After"]) == (429, "Retry later\n", "60")


def test_spam(bot: Client, site: GitLabSite, log: Log) -> None:
    site.settings.spam = "bargain"
    with refused(400, "Spam detected"):
        bot.create("A bargain")
    site.settings.captcha = True
    reply = bot.reply("POST", "/projects/example%2Fthreats/issues", {"title": "A bargain"})
    assert (reply.status_code, reply.json()["needs_captcha_response"]) == (409, True)
    assert not log.commits("gitlab", "issue.created")


def test_who_may_write(bot: Client, site: GitLabSite, connect: Callable[[str], Client]) -> None:
    bot.create()
    guest = connect(site.add_user("guest", level=10))
    with refused(403, "403 Forbidden"):
        guest.project.issues.update(1, {"title": "Mine"})
    assert connect("").reply("POST", "/projects/1/issues", {"title": "x"}).status_code == 404
    site.set_project(visibility="public")
    with refused(401, "401 Unauthorized"):
        connect("").create()
    site.set_project(issues_enabled=False)
    assert bot.project.issues.list(get_all=True) == []
    with refused(403, "403 Forbidden"):
        bot.create()


def test_what_else_can_be_asked(bot: Client, site: GitLabSite) -> None:
    ident = site.add_milestone("Autumn")
    assert [one.id for one in bot.project.milestones.list(title="Autumn", get_all=True)] == [ident]
    assert bot.project.members_all.get(bot.gl.users.list(username="bot", get_all=True)[0].id).access_level == 20
    assert bot.gl.users.list(username="nobody", get_all=True) == []
    assert bot.gl.personal_access_tokens.get("self").scopes == ["api"]
    shown = bot.gl.projects.get(PROJECT)
    assert (shown.path_with_namespace, shown.visibility) == (PROJECT, "private")
    assert shown.permissions["project_access"]["access_level"] == 20


def test_pages_for_people(bot: Client, site: GitLabSite) -> None:
    issue = bot.create("<b>bold", description="<script>")
    page = bot.reply("GET", issue.web_url).text
    assert "&lt;b&gt;bold" in page
    assert "<script>" not in page
    for path in ("/", f"/{PROJECT}/-/issues", f"/{PROJECT}"):
        assert bot.reply("GET", f"{bot.gl.url}{path}").status_code == 200
    assert bot.reply("GET", f"{bot.gl.url}/{PROJECT}/-/issues/9").status_code == 404
    site.delete(1)
    assert bot.reply("GET", issue.web_url).status_code == 404
    assert bot.create().iid == 2, "a number is never used twice"
