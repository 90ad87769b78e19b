"""Questions, and the answers there are to choose from."""

from datetime import UTC, datetime

from Schoolsite.config import db


def now() -> datetime:
    """The time in UTC, as the columns have it."""
    return datetime.now(UTC).replace(tzinfo=None)


class ExamQuestionModel(db.Model):
    """A question."""

    __tablename__ = "exam_question"

    id = db.Column(db.Integer, primary_key=True)
    question_text = db.Column(db.Text, nullable=False)
    date_posted = db.Column(db.DateTime, nullable=False, default=now)
    choices = db.relationship("ExamChoiceModel", back_populates="question")


class ExamChoiceModel(db.Model):
    """An answer to choose."""

    __tablename__ = "exam_choice"

    id = db.Column(db.Integer, primary_key=True)
    choice_text = db.Column(db.String(200), nullable=False)
    question_id = db.Column(db.Integer, db.ForeignKey("exam_question.id"), nullable=False)
    question = db.relationship("ExamQuestionModel", back_populates="choices")
