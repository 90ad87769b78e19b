"""What the exam answers to."""

from flask import Blueprint, jsonify
from flask.wrappers import Response

from .models import ExamQuestionModel

exam = Blueprint("exam", __name__)


@exam.route("/exam")
def questions() -> Response:
    """All questions."""
    return jsonify([question.question_text for question in ExamQuestionModel.query.all()])
